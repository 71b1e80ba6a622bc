import { StrongroomError } from '@strongroom/core'

/** Codes of what keeps a tenant from writing. */
export type TenantErrorCode =
  /** The tenant has no branch key, and none is to be made for it. */
  'TENANT_KEY_NOT_FOUND'

/** A tenant that cannot write. */
export class TenantError extends StrongroomError<TenantErrorCode> {
  /** The tenant, as it stands in the encryption context. */
  readonly tenant: string
  /** Id of the branch key that the tenant would have. */
  readonly branchKeyId: string

  /** Made by `tenantBranchKeys`. */
  constructor(
    code: TenantErrorCode,
    message: string,
    details: { readonly tenant: string; readonly branchKeyId: string; readonly cause?: unknown },
  ) {
    super(code, message, 'cause' in details ? { cause: details.cause } : {})
    this.tenant = details.tenant
    this.branchKeyId = details.branchKeyId
  }

  /** Always `TenantError`. */
  override get name(): string {
    return 'TenantError'
  }
}
