import { StrongroomError } from '@strongroom/core'

/**
 * An expression that cannot be understood, or an update that cannot be made to the item that is there. What it names is the expression and the
 * place in it, never a value.
 */
export class ExpressionError extends StrongroomError<'EXPRESSION_INVALID'> {
  /** Made by this package. */
  constructor(where: string, problem: string) {
    super('EXPRESSION_INVALID', `${where}: ${problem}`)
  }

  override get name(): string {
    return 'ExpressionError'
  }
}
