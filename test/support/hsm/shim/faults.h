/*
 * Faults that a test injects into a PKCS#11 module while it runs.
 *
 * The test and the module share one file, mapped here and written by pwrite there. All numbers are 64 bits, native order:
 *
 *     header   8 numbers   [0] 1: behave as CloudHSM does    [1] 1: every gated call waits until it is 0 again    [2..7] 0
 *     record   8 numbers, one for each function, in the order of GATED
 *              [0] calls so far          [1] latency in microseconds
 *              [2] calls to let pass     [3] calls to hit after those
 *              [4] what to do to them    [5] the code to answer
 *              [6] calls now inside      [7] 0
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdint.h>
#include "pkcs11/pkcs11.h"

#define GATED(X)                                                                                                               \
  X(C_Initialize) X(C_Finalize) X(C_GetSlotList) X(C_GetTokenInfo) X(C_OpenSession) X(C_CloseSession) X(C_Login) X(C_Logout)   \
  X(C_FindObjectsInit) X(C_FindObjects) X(C_FindObjectsFinal) X(C_GetAttributeValue) X(C_GenerateRandom) X(C_EncryptInit)      \
  X(C_Encrypt) X(C_DecryptInit) X(C_Decrypt) X(C_SignInit) X(C_Sign) X(C_GenerateKey) X(C_GenerateKeyPair) X(C_CreateObject)   \
  X(C_DestroyObject) X(C_WrapKey) X(C_UnwrapKey) X(C_GetSessionInfo)

#define GATED_ENUM(name) AT_##name,
enum gated { GATED(GATED_ENUM) GATED_COUNT };

enum action {
  ANSWER_BEFORE = 0, /* the code, and the call never happens */
  ANSWER_AFTER = 1,  /* the call happens, and then the code is answered */
  DROP_SESSIONS = 2, /* every session is closed, then the call happens */
  LOG_OUT = 3,       /* the user is logged out, then the call happens */
  DAMAGE = 4,        /* the call happens, and one bit of its output is wrong */
  KEEP_IV = 5        /* C_Encrypt: the IV made is not told */
};

/* What befalls one call. */
struct fate {
  int hit;
  uint64_t action;
  CK_RV code;
};

void map_faults(const char *path);
int behaves_as_cloudhsm(void);
/* Counts the call, delays it, and says what befalls it. */
struct fate enter(enum gated at);
void leave(enum gated at);

#endif
