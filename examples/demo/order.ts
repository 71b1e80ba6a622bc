/** What the demo sends: an order with something in it that nobody else should read. */
export interface Order {
  readonly id: string
  readonly customer: string
  readonly card: string
  readonly total: string
}

/** Stands in every order, so that a search finds any plaintext. */
export const SECRET_MARKER = '4000-0012-3456-7899'

/** The demo's orders. */
export function makeOrders(count: number): readonly Order[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `order-${String(index + 1).padStart(4, '0')}`,
    customer: `customer-${(index * 7919) % 97}`,
    card: SECRET_MARKER,
    total: `${(index * 37) % 500}.${String(index % 100).padStart(2, '0')}`,
  }))
}

export function toBytes(order: Order): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(order))
}

export function fromBytes(bytes: Uint8Array): Order {
  return JSON.parse(new TextDecoder().decode(bytes)) as Order
}

/** Orders as text that does not depend on their order. */
export function sorted(orders: readonly Order[]): string {
  return JSON.stringify(orders.toSorted((one, other) => one.id.localeCompare(other.id)))
}
