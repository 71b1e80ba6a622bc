/*
 * A PKCS#11 module over another one (`real.so` beside it): faults can be injected into it (faults.h), and it can take on the manners of the
 * PKCS#11 library of AWS CloudHSM (cloudhsm.h). It finds its files beside itself, so that several copies live in one process.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cloudhsm.h"
#include "faults.h"

static CK_FUNCTION_LIST real, mine;
static char folder[4096];
/* Sessions are closed behind the caller's back only while no call is inside the real module. */
static pthread_rwlock_t inside = PTHREAD_RWLOCK_INITIALIZER;

static void drop_sessions(void) {
  CK_SLOT_ID slots[64];
  CK_ULONG count = 64;
  pthread_rwlock_wrlock(&inside);
  if (real.C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK) {
    for (CK_ULONG at = 0; at < count; at++) real.C_CloseAllSessions(slots[at]);
  }
  pthread_rwlock_unlock(&inside);
}

static void log_out(CK_SESSION_HANDLE session) {
  pthread_rwlock_wrlock(&inside);
  real.C_Logout(session);
  pthread_rwlock_unlock(&inside);
}

static CK_RV gated(enum gated at, CK_SESSION_HANDLE session, struct fate *fate) {
  *fate = enter(at);
  if (fate->hit && fate->action == ANSWER_BEFORE) return fate->code;
  if (fate->hit && fate->action == DROP_SESSIONS) drop_sessions();
  if (fate->hit && fate->action == LOG_OUT) log_out(session);
  return CKR_OK;
}

/* A function that is passed on: what befalls it first, then `call`. */
#define PASS(at, session, call)                                             \
  struct fate fate;                                                         \
  CK_RV rv = gated(AT_##at, session, &fate);                                \
  if (rv == CKR_OK) {                                                       \
    pthread_rwlock_rdlock(&inside);                                         \
    rv = call;                                                              \
    pthread_rwlock_unlock(&inside);                                         \
    if (fate.hit && fate.action == ANSWER_AFTER) rv = fate.code;            \
  }                                                                         \
  leave(AT_##at);                                                           \
  return rv

static int manners;

static CK_RV Initialize(CK_VOID_PTR arguments) {
  struct fate fate;
  CK_RV rv = gated(AT_C_Initialize, 0, &fate);
  if (rv == CKR_OK) {
    char conf[4200];
    const char *before = getenv("SOFTHSM2_CONF");
    char *kept = before == NULL ? NULL : strdup(before);
    snprintf(conf, sizeof conf, "%s/softhsm2.conf", folder);
    setenv("SOFTHSM2_CONF", conf, 1);
    rv = real.C_Initialize(arguments);
    if (kept == NULL) unsetenv("SOFTHSM2_CONF");
    else setenv("SOFTHSM2_CONF", kept, 1);
    free(kept);
    if (fate.hit && fate.action == ANSWER_AFTER) rv = fate.code;
  }
  leave(AT_C_Initialize);
  return rv;
}
static CK_RV Finalize(CK_VOID_PTR reserved) { PASS(C_Finalize, 0, real.C_Finalize(reserved)); }

static CK_RV GetInfo(CK_INFO_PTR info) {
  CK_RV rv = real.C_GetInfo(info);
  if (rv == CKR_OK && manners) cloudhsm_info(info);
  return rv;
}
static CK_RV GetSlotList(CK_BBOOL present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count) {
  PASS(C_GetSlotList, 0, manners ? cloudhsm_slots(&real, slots, count) : real.C_GetSlotList(present, slots, count));
}
static CK_RV GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO_PTR info) { return real.C_GetSlotInfo(real_slot(slot), info); }
static CK_RV GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
  PASS(C_GetTokenInfo, 0, real.C_GetTokenInfo(real_slot(slot), info));
}
static CK_RV GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) {
  return manners ? cloudhsm_mechanisms(&real, slot, list, count) : real.C_GetMechanismList(slot, list, count);
}
static CK_RV GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info) {
  return manners ? cloudhsm_mechanism_info(&real, slot, type, info) : real.C_GetMechanismInfo(slot, type, info);
}
static CK_RV CloseAllSessions(CK_SLOT_ID slot) { return real.C_CloseAllSessions(real_slot(slot)); }
static CK_RV OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR session) {
  PASS(C_OpenSession, 0,
       manners && !(flags & CKF_RW_SESSION) ? CKR_FUNCTION_FAILED : real.C_OpenSession(real_slot(slot), flags, application, notify, session));
}
static CK_RV CloseSession(CK_SESSION_HANDLE session) { PASS(C_CloseSession, session, real.C_CloseSession(session)); }
static CK_RV GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info) {
  PASS(C_GetSessionInfo, session, manners ? cloudhsm_session_info(&real, session, info) : real.C_GetSessionInfo(session, info));
}
static CK_RV Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length) {
  PASS(C_Login, session, manners && user != CKU_USER ? CKR_USER_TYPE_INVALID : real.C_Login(session, user, pin, length));
}
static CK_RV Logout(CK_SESSION_HANDLE session) { PASS(C_Logout, session, real.C_Logout(session)); }

static CK_RV FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
  PASS(C_FindObjectsInit, session, real.C_FindObjectsInit(session, template, count));
}
static CK_RV FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG most, CK_ULONG_PTR count) {
  PASS(C_FindObjects, session, real.C_FindObjects(session, objects, most, count));
}
static CK_RV FindObjectsFinal(CK_SESSION_HANDLE session) { PASS(C_FindObjectsFinal, session, real.C_FindObjectsFinal(session)); }
static CK_RV GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count) {
  PASS(C_GetAttributeValue, session,
       manners ? cloudhsm_read(&real, session, object, template, count) : real.C_GetAttributeValue(session, object, template, count));
}
static CK_RV GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length) {
  PASS(C_GenerateRandom, session, real.C_GenerateRandom(session, data, length));
}

static CK_RV EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  PASS(C_EncryptInit, session, manners ? cloudhsm_encrypt_init(&real, session, mechanism, key) : real.C_EncryptInit(session, mechanism, key));
}
static CK_RV Encrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out, CK_ULONG_PTR out_length) {
  struct fate fate;
  CK_RV rv = gated(AT_C_Encrypt, session, &fate);
  if (rv == CKR_OK) {
    int tell_iv = !(fate.hit && fate.action == KEEP_IV);
    pthread_rwlock_rdlock(&inside);
    rv = manners ? cloudhsm_encrypt(&real, session, data, length, out, out_length, tell_iv)
                 : real.C_Encrypt(session, data, length, out, out_length);
    pthread_rwlock_unlock(&inside);
    if (rv == CKR_OK && fate.hit && fate.action == DAMAGE && out != NULL && *out_length > 0) out[*out_length - 1] ^= 1;
    if (fate.hit && fate.action == ANSWER_AFTER) rv = fate.code;
  }
  leave(AT_C_Encrypt);
  return rv;
}
static CK_RV EncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out, CK_ULONG_PTR out_length) {
  if (manners && cloudhsm_abandon(session)) return CKR_MECHANISM_INVALID;
  return real.C_EncryptUpdate(session, data, length, out, out_length);
}
static CK_RV DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  PASS(C_DecryptInit, session, manners ? cloudhsm_decrypt_init(&real, session, mechanism, key) : real.C_DecryptInit(session, mechanism, key));
}
static CK_RV Decrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out, CK_ULONG_PTR out_length) {
  struct fate fate;
  CK_RV rv = gated(AT_C_Decrypt, session, &fate);
  if (rv == CKR_OK) {
    pthread_rwlock_rdlock(&inside);
    rv = manners ? cloudhsm_decrypt(&real, session, data, length, out, out_length)
                 : real.C_Decrypt(session, data, length, out, out_length);
    pthread_rwlock_unlock(&inside);
    if (rv == CKR_OK && fate.hit && fate.action == DAMAGE && out != NULL && *out_length > 0) out[*out_length - 1] ^= 1;
    if (fate.hit && fate.action == ANSWER_AFTER) rv = fate.code;
  }
  leave(AT_C_Decrypt);
  return rv;
}
static CK_RV SignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  PASS(C_SignInit, session, real.C_SignInit(session, mechanism, key));
}
static CK_RV Sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out, CK_ULONG_PTR out_length) {
  PASS(C_Sign, session, real.C_Sign(session, data, length, out, out_length));
}

static CK_RV GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count,
                         CK_OBJECT_HANDLE_PTR key) {
  PASS(C_GenerateKey, session,
       manners ? cloudhsm_generate(&real, session, mechanism, template, count, key)
               : real.C_GenerateKey(session, mechanism, template, count, key));
}
static CK_RV GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public, CK_ULONG public_count,
                             CK_ATTRIBUTE_PTR private, CK_ULONG private_count, CK_OBJECT_HANDLE_PTR public_key,
                             CK_OBJECT_HANDLE_PTR private_key) {
  PASS(C_GenerateKeyPair, session,
       manners && (!takes(public, public_count) || !takes(private, private_count))
           ? CKR_TEMPLATE_INCONSISTENT
           : real.C_GenerateKeyPair(session, mechanism, public, public_count, private, private_count, public_key, private_key));
}
static CK_RV CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_OBJECT_HANDLE_PTR object) {
  PASS(C_CreateObject, session,
       manners && !takes(template, count) ? CKR_TEMPLATE_INCONSISTENT : real.C_CreateObject(session, template, count, object));
}
static CK_RV DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  PASS(C_DestroyObject, session, real.C_DestroyObject(session, object));
}
static CK_RV WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE by, CK_OBJECT_HANDLE key, CK_BYTE_PTR out,
                     CK_ULONG_PTR length) {
  CK_MECHANISM known = *mechanism;
  int refused = manners && !known_wrap(&known);
  PASS(C_WrapKey, session, refused ? CKR_MECHANISM_INVALID : real.C_WrapKey(session, &known, by, key, out, length));
}
static CK_RV UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE by, CK_BYTE_PTR wrapped, CK_ULONG length,
                       CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_OBJECT_HANDLE_PTR key) {
  CK_MECHANISM known = *mechanism;
  int refused = manners && !known_wrap(&known);
  PASS(C_UnwrapKey, session,
       refused                              ? CKR_MECHANISM_INVALID
       : manners && !takes(template, count) ? CKR_TEMPLATE_INCONSISTENT
                                            : real.C_UnwrapKey(session, &known, by, wrapped, length, template, count, key));
}

static CK_RV unsupported(void) { return CKR_FUNCTION_NOT_SUPPORTED; }

/* Loads what lies beside this file. */
static CK_RV load(void) {
  Dl_info self;
  char path[4200];
  CK_FUNCTION_LIST_PTR list;
  CK_C_GetFunctionList answer;
  if (!dladdr((void *)load, &self)) return CKR_GENERAL_ERROR;
  snprintf(folder, sizeof folder, "%s", self.dli_fname);
  *strrchr(folder, '/') = 0;
  snprintf(path, sizeof path, "%s/faults", folder);
  map_faults(path);
  manners = behaves_as_cloudhsm();
  snprintf(path, sizeof path, "%s/real.so", folder);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return CKR_GENERAL_ERROR;
  }
  answer = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
  if (answer == NULL || answer(&list) != CKR_OK) return CKR_GENERAL_ERROR;
  real = mine = *list;
  mine.C_Initialize = Initialize, mine.C_Finalize = Finalize, mine.C_GetInfo = GetInfo, mine.C_GetSlotList = GetSlotList;
  mine.C_GetSlotInfo = GetSlotInfo, mine.C_GetTokenInfo = GetTokenInfo, mine.C_GetMechanismList = GetMechanismList;
  mine.C_GetMechanismInfo = GetMechanismInfo, mine.C_CloseAllSessions = CloseAllSessions, mine.C_OpenSession = OpenSession;
  mine.C_CloseSession = CloseSession, mine.C_GetSessionInfo = GetSessionInfo, mine.C_Login = Login, mine.C_Logout = Logout;
  mine.C_FindObjectsInit = FindObjectsInit, mine.C_FindObjects = FindObjects, mine.C_FindObjectsFinal = FindObjectsFinal;
  mine.C_GetAttributeValue = GetAttributeValue, mine.C_GenerateRandom = GenerateRandom, mine.C_EncryptInit = EncryptInit;
  mine.C_Encrypt = Encrypt, mine.C_EncryptUpdate = EncryptUpdate, mine.C_DecryptInit = DecryptInit, mine.C_Decrypt = Decrypt;
  mine.C_SignInit = SignInit, mine.C_Sign = Sign, mine.C_GenerateKey = GenerateKey, mine.C_GenerateKeyPair = GenerateKeyPair;
  mine.C_CreateObject = CreateObject, mine.C_DestroyObject = DestroyObject, mine.C_WrapKey = WrapKey, mine.C_UnwrapKey = UnwrapKey;
  if (!manners) return CKR_OK;
  mine.C_SetAttributeValue = (CK_C_SetAttributeValue)unsupported, mine.C_CopyObject = (CK_C_CopyObject)unsupported;
  mine.C_GetObjectSize = (CK_C_GetObjectSize)unsupported, mine.C_SetPIN = (CK_C_SetPIN)unsupported;
  mine.C_InitPIN = (CK_C_InitPIN)unsupported, mine.C_InitToken = (CK_C_InitToken)unsupported;
  mine.C_SeedRandom = (CK_C_SeedRandom)unsupported, mine.C_WaitForSlotEvent = (CK_C_WaitForSlotEvent)unsupported;
  mine.C_GetOperationState = (CK_C_GetOperationState)unsupported, mine.C_SetOperationState = (CK_C_SetOperationState)unsupported;
  mine.C_DigestKey = (CK_C_DigestKey)unsupported;
  return CKR_OK;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CK_RV loaded;
static void load_once(void) { loaded = load(); }

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  pthread_once(&once, load_once);
  *list = &mine;
  return loaded;
}
