import type { DecryptMaterials, EncryptMaterials } from './materials.ts'

/** Releases every secret of materials that are the caller's own. */
export function disposeMaterials(materials: EncryptMaterials | DecryptMaterials): void {
  materials.dataKey.dispose()
  if ('edks' in materials) for (const key of materials.macKeys ?? []) key.dispose()
  else materials.macKey?.dispose()
}
