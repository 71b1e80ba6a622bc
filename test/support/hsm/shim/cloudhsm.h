/* How the PKCS#11 library of AWS CloudHSM (Client SDK 5) differs from other modules, as far as its documentation and reports of its users tell. */
#ifndef CLOUDHSM_H
#define CLOUDHSM_H

#include "pkcs11/pkcs11.h"

void cloudhsm_info(CK_INFO_PTR info);

/* Slot ids exceed 2^53, and only slots with a token are listed. */
CK_SLOT_ID real_slot(CK_SLOT_ID slot);
CK_RV cloudhsm_slots(CK_FUNCTION_LIST_PTR real, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count);
CK_RV cloudhsm_session_info(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info);

/* Mechanisms of its own stand for some of the standard's. */
CK_RV cloudhsm_mechanisms(CK_FUNCTION_LIST_PTR real, CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count);
CK_RV cloudhsm_mechanism_info(CK_FUNCTION_LIST_PTR real, CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info);
int known_wrap(CK_MECHANISM *mechanism);

/* Some attributes may stand in no template and cannot be read; what a template leaves out has defaults of its own. */
int takes(CK_ATTRIBUTE_PTR template, CK_ULONG count);
CK_RV cloudhsm_read(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count);
CK_RV cloudhsm_generate(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template,
                        CK_ULONG count, CK_OBJECT_HANDLE_PTR key);

/* AES-GCM: the IV is the HSM's own, and is told in the caller's buffer once C_Encrypt is done, or stands before the ciphertext. */
CK_RV cloudhsm_encrypt_init(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key);
CK_RV cloudhsm_encrypt(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out,
                       CK_ULONG_PTR out_length, int tell_iv);
int cloudhsm_abandon(CK_SESSION_HANDLE session);
CK_RV cloudhsm_decrypt_init(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key);
CK_RV cloudhsm_decrypt(CK_FUNCTION_LIST_PTR real, CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out,
                       CK_ULONG_PTR out_length);

#endif
