#define _GNU_SOURCE
#include "cloudhsm.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOUDHSM_AES_GCM 0x80001087UL
#define CLOUDHSM_WRAP_NO_PAD 0x80002109UL
#define CLOUDHSM_WRAP_ZERO_PAD 0x8000216FUL
#define FIRST_SLOT 0x2000000000000001UL
#define MOST_BYTES 16224

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void padded(CK_UTF8CHAR *field, size_t size, const char *text) {
  memset(field, ' ', size);
  memcpy(field, text, strlen(text));
}

void cloudhsm_info(CK_INFO_PTR info) {
  padded(info->manufacturerID, sizeof info->manufacturerID, "Strongroom tests");
  padded(info->libraryDescription, sizeof info->libraryDescription, "CloudHSM manners over SoftHSM");
  info->libraryVersion.major = 5;
  info->libraryVersion.minor = 17;
}

/* Slots keep their number for as long as the process lives, whatever comes and goes. */
static CK_SLOT_ID known[64];
static CK_ULONG known_count;

CK_SLOT_ID real_slot(CK_SLOT_ID slot) {
  if (slot < FIRST_SLOT) return slot;
  pthread_mutex_lock(&lock);
  CK_SLOT_ID found = slot - FIRST_SLOT < known_count ? known[slot - FIRST_SLOT] : (CK_SLOT_ID)-1;
  pthread_mutex_unlock(&lock);
  return found;
}

static CK_SLOT_ID told_slot(CK_SLOT_ID slot) {
  pthread_mutex_lock(&lock);
  CK_ULONG at = 0;
  while (at < known_count && known[at] != slot) at++;
  if (at == known_count && known_count < 64) known[known_count++] = slot;
  pthread_mutex_unlock(&lock);
  return FIRST_SLOT + at;
}

CK_RV cloudhsm_slots(CK_FUNCTION_LIST_PTR real, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count) {
  CK_SLOT_ID all[64], told[64];
  CK_ULONG every = 64, here = 0;
  CK_RV rv = real->C_GetSlotList(CK_TRUE, all, &every);
  if (rv != CKR_OK) return rv;
  for (CK_ULONG at = 0; at < every; at++) {
    CK_TOKEN_INFO token;
    if (real->C_GetTokenInfo(all[at], &token) == CKR_OK && (token.flags & CKF_TOKEN_INITIALIZED)) told[here++] = told_slot(all[at]);
  }
  CK_ULONG room = *count;
  *count = here;
  if (slots == NULL) return CKR_OK;
  if (room < here) return CKR_BUFFER_TOO_SMALL;
  memcpy(slots, told, here * sizeof *slots);
  return CKR_OK;
}

CK_RV cloudhsm_session_info(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info) {
  CK_RV rv = real->C_GetSessionInfo(session, info);
  if (rv == CKR_OK) info->slotID = told_slot(info->slotID);
  return rv;
}

static CK_MECHANISM_TYPE standard(CK_MECHANISM_TYPE type) {
  if (type == CLOUDHSM_AES_GCM) return CKM_AES_GCM;
  if (type == CLOUDHSM_WRAP_NO_PAD) return CKM_AES_KEY_WRAP;
  if (type == CLOUDHSM_WRAP_ZERO_PAD) return CKM_AES_KEY_WRAP_PAD;
  return type;
}

static int hidden(CK_MECHANISM_TYPE type) { return type == CKM_AES_KEY_WRAP || type == CKM_AES_KEY_WRAP_PAD; }

CK_RV cloudhsm_mechanisms(CK_FUNCTION_LIST_PTR real, CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) {
  CK_MECHANISM_TYPE all[512] = {CLOUDHSM_AES_GCM, CLOUDHSM_WRAP_NO_PAD, CLOUDHSM_WRAP_ZERO_PAD}, every[500];
  CK_ULONG theirs = 500, here = 3;
  CK_RV rv = real->C_GetMechanismList(real_slot(slot), every, &theirs);
  if (rv != CKR_OK) return rv;
  for (CK_ULONG at = 0; at < theirs; at++) {
    if (!hidden(every[at])) all[here++] = every[at];
  }
  CK_ULONG room = *count;
  *count = here;
  if (list == NULL) return CKR_OK;
  if (room < here) return CKR_BUFFER_TOO_SMALL;
  memcpy(list, all, here * sizeof *list);
  return CKR_OK;
}

CK_RV cloudhsm_mechanism_info(CK_FUNCTION_LIST_PTR real, CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info) {
  return hidden(type) ? CKR_MECHANISM_INVALID : real->C_GetMechanismInfo(real_slot(slot), standard(type), info);
}

int known_wrap(CK_MECHANISM *mechanism) {
  if (hidden(mechanism->mechanism)) return 0;
  mechanism->mechanism = standard(mechanism->mechanism);
  return 1;
}

static int has(CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_ATTRIBUTE_TYPE type) {
  for (CK_ULONG at = 0; at < count; at++) {
    if (template[at].type == type) return 1;
  }
  return 0;
}

static int foreign(CK_ATTRIBUTE_TYPE type) {
  static const CK_ATTRIBUTE_TYPE absent[] = {CKA_ALLOWED_MECHANISMS, CKA_START_DATE, CKA_END_DATE, CKA_OWNER, CKA_APPLICATION, 0x4UL};
  for (size_t at = 0; at < sizeof absent / sizeof *absent; at++) {
    if (absent[at] == type) return 1;
  }
  return 0;
}

int takes(CK_ATTRIBUTE_PTR template, CK_ULONG count) {
  for (CK_ULONG at = 0; at < count; at++) {
    CK_ATTRIBUTE_TYPE type = template[at].type;
    if (foreign(type) || type == CKA_ALWAYS_SENSITIVE || type == CKA_SIGN_RECOVER || type == CKA_VERIFY_RECOVER) return 0;
    if (type == CKA_PRIVATE && *(CK_BBOOL *)template[at].pValue == CK_FALSE) return 0;
    if (type == CKA_TRUSTED && *(CK_BBOOL *)template[at].pValue == CK_TRUE) return 0;
  }
  return 1;
}

CK_RV cloudhsm_read(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template,
                    CK_ULONG count) {
  for (CK_ULONG at = 0; at < count; at++) {
    if (!foreign(template[at].type)) continue;
    template[at].ulValueLen = CK_UNAVAILABLE_INFORMATION;
    return CKR_ATTRIBUTE_TYPE_INVALID;
  }
  return real->C_GetAttributeValue(session, object, template, count);
}

CK_RV cloudhsm_generate(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template,
                        CK_ULONG count, CK_OBJECT_HANDLE_PTR key) {
  static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  const CK_ATTRIBUTE defaults[] = {
      {CKA_PRIVATE, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_EXTRACTABLE, &yes, 1}, {CKA_SIGN, &yes, 1},   {CKA_VERIFY, &yes, 1},
      {CKA_TOKEN, &no, 1},    {CKA_ENCRYPT, &no, 1},    {CKA_DECRYPT, &no, 1},      {CKA_WRAP, &no, 1},    {CKA_UNWRAP, &no, 1},
      {CKA_DERIVE, &no, 1},
  };
  if (!takes(template, count)) return CKR_TEMPLATE_INCONSISTENT;
  if (!has(template, count, CKA_VALUE_LEN)) return CKR_TEMPLATE_INCOMPLETE;
  CK_ATTRIBUTE whole[64];
  if (count > 64 - sizeof defaults / sizeof *defaults) return CKR_TEMPLATE_INCONSISTENT;
  memcpy(whole, template, count * sizeof *whole);
  CK_ULONG length = count;
  for (size_t at = 0; at < sizeof defaults / sizeof *defaults; at++) {
    if (!has(template, count, defaults[at].type)) whole[length++] = defaults[at];
  }
  return real->C_GenerateKey(session, mechanism, whole, length, key);
}

/* What C_EncryptInit was told. An entry lives for ever; a session's handle is never given twice. */
struct operation {
  CK_SESSION_HANDLE session;
  enum { IDLE, IN_PLACE, PREFIXED } mode;
  CK_BYTE_PTR iv, aad;
  CK_ULONG aad_length, tag_bits;
  CK_OBJECT_HANDLE key;
  struct operation *next;
};
static struct operation *operations[1024];

static struct operation *operation_of(CK_SESSION_HANDLE session) {
  pthread_mutex_lock(&lock);
  struct operation **bucket = &operations[session % 1024], *found = *bucket;
  while (found != NULL && found->session != session) found = found->next;
  if (found == NULL) {
    found = calloc(1, sizeof *found);
    found->session = session;
    found->next = *bucket;
    *bucket = found;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

int cloudhsm_abandon(CK_SESSION_HANDLE session) {
  struct operation *operation = operation_of(session);
  int was = operation->mode != IDLE;
  operation->mode = IDLE;
  free(operation->aad);
  operation->aad = NULL;
  return was;
}

CK_RV cloudhsm_encrypt_init(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  CK_MECHANISM_TYPE type = mechanism->mechanism;
  if (type != CKM_AES_GCM && type != CLOUDHSM_AES_GCM) return real->C_EncryptInit(session, mechanism, key);
  struct operation *operation = operation_of(session);
  if (operation->mode != IDLE) return CKR_OPERATION_ACTIVE;
  CK_GCM_PARAMS *given = mechanism->pParameter;
  if (given == NULL || mechanism->ulParameterLen != sizeof *given) return CKR_MECHANISM_PARAM_INVALID;
  if (type == CKM_AES_GCM) {
    if (given->pIv == NULL || given->ulIvLen != 12) return CKR_MECHANISM_PARAM_INVALID;
    for (int at = 0; at < 12; at++) {
      if (given->pIv[at] != 0) return CKR_MECHANISM_PARAM_INVALID;
    }
  } else if (given->pIv != NULL) return CKR_MECHANISM_PARAM_INVALID;
  /* Whether the key is there and may encrypt is for the real module to say. */
  CK_BYTE zeros[12] = {0};
  CK_GCM_PARAMS probe = {zeros, 12, 96, given->pAAD, given->ulAADLen, given->ulTagBits};
  CK_MECHANISM tried = {CKM_AES_GCM, &probe, sizeof probe};
  CK_RV rv = real->C_EncryptInit(session, &tried, key);
  if (rv != CKR_OK) return rv;
  CK_BYTE nothing[16];
  CK_ULONG length = sizeof nothing;
  real->C_Encrypt(session, nothing, 0, nothing, &length);
  operation->mode = type == CKM_AES_GCM ? IN_PLACE : PREFIXED;
  operation->iv = given->pIv;
  operation->aad = malloc(given->ulAADLen + 1);
  if (given->ulAADLen > 0) memcpy(operation->aad, given->pAAD, given->ulAADLen);
  operation->aad_length = given->ulAADLen;
  operation->tag_bits = given->ulTagBits;
  operation->key = key;
  return CKR_OK;
}

CK_RV cloudhsm_encrypt(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out,
                       CK_ULONG_PTR out_length, int tell_iv) {
  struct operation *operation = operation_of(session);
  if (operation->mode == IDLE) return real->C_Encrypt(session, data, length, out, out_length);
  CK_ULONG before = operation->mode == PREFIXED ? 12 : 0, whole = before + length + operation->tag_bits / 8;
  if (length > MOST_BYTES) {
    cloudhsm_abandon(session);
    return CKR_DATA_LEN_RANGE;
  }
  if (out == NULL || *out_length < whole) {
    *out_length = whole;
    return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
  }
  CK_BYTE iv[12];
  CK_GCM_PARAMS params = {iv, 12, 96, operation->aad, operation->aad_length, operation->tag_bits};
  CK_MECHANISM mechanism = {CKM_AES_GCM, &params, sizeof params};
  CK_ULONG sealed = *out_length - before;
  CK_RV rv = real->C_GenerateRandom(session, iv, sizeof iv);
  if (rv == CKR_OK) rv = real->C_EncryptInit(session, &mechanism, operation->key);
  if (rv == CKR_OK) rv = real->C_Encrypt(session, data, length, out + before, &sealed);
  if (rv == CKR_OK) {
    *out_length = sealed + before;
    if (operation->mode == PREFIXED) memcpy(out, iv, sizeof iv);
    else if (tell_iv) memcpy(operation->iv, iv, sizeof iv);
  }
  cloudhsm_abandon(session);
  return rv;
}

/* The vendor's mechanism takes the IV from before the ciphertext. */
CK_RV cloudhsm_decrypt_init(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  if (mechanism->mechanism != CLOUDHSM_AES_GCM) return real->C_DecryptInit(session, mechanism, key);
  CK_MECHANISM vendor = *mechanism;
  vendor.mechanism = CLOUDHSM_AES_GCM;
  return cloudhsm_encrypt_init(real, session, &vendor, key);
}

CK_RV cloudhsm_decrypt(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out,
                       CK_ULONG_PTR out_length) {
  struct operation *operation = operation_of(session);
  if (operation->mode == IDLE) return real->C_Decrypt(session, data, length, out, out_length);
  if (length < 12 + operation->tag_bits / 8) {
    cloudhsm_abandon(session);
    return CKR_ENCRYPTED_DATA_LEN_RANGE;
  }
  CK_GCM_PARAMS params = {data, 12, 96, operation->aad, operation->aad_length, operation->tag_bits};
  CK_MECHANISM mechanism = {CKM_AES_GCM, &params, sizeof params};
  CK_RV rv = real->C_DecryptInit(session, &mechanism, operation->key);
  if (rv == CKR_OK) rv = real->C_Decrypt(session, data + 12, length - 12, out, out_length);
  if (rv != CKR_BUFFER_TOO_SMALL && out != NULL) cloudhsm_abandon(session);
  return rv;
}
