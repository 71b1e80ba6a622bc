import { malformedXml } from './s3-error.ts'

/** What an element of an answer holds: text, elements by name, or several elements of one name. Undefined members are left out. */
export type XmlValue = string | number | boolean | Date | undefined | XmlMembers | readonly XmlValue[]
export type XmlMembers = { readonly [name: string]: XmlValue }

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A document with one root element, in S3's namespace unless it is an error. */
export function toXml(root: string, members: XmlMembers): string {
  const namespace = root === 'Error' ? '' : ` xmlns="${NAMESPACE}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${namespace}>${contentOf(members)}</${root}>`
}

function contentOf(members: XmlMembers): string {
  return Object.entries(members)
    .map(([name, value]) => elementsOf(name, value))
    .join('')
}

function elementsOf(name: string, value: XmlValue): string {
  if (value === undefined) return ''
  if (isList(value)) return value.map((each) => elementsOf(name, each)).join('')
  if (value instanceof Date) return `<${name}>${value.toISOString().replace(/\.\d+Z$/, '.000Z')}</${name}>`
  return `<${name}>${typeof value === 'object' ? contentOf(value) : escapeText(String(value))}</${name}>`
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value)
}

// Control characters are written as S3 writes them, though XML 1.0 has no room for most of them.
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may have them
  return text.replace(/[&<>"\u0000-\u001f]/g, (each) => ENTITIES.get(each) ?? `&#x${each.charCodeAt(0).toString(16)};`)
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
])

/** An element of a request. */
export class XmlElement {
  readonly name: string
  readonly children: XmlElement[] = []
  text = ''

  constructor(name: string) {
    this.name = name
  }

  all(name: string): readonly XmlElement[] {
    return this.children.filter((child) => child.name === name)
  }

  child(name: string): XmlElement | undefined {
    return this.children.find((each) => each.name === name)
  }

  textOf(name: string): string | undefined {
    return this.child(name)?.text
  }
}

const MARKUP = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([\w:.-]+)([^>]*?)(\/?)>|([^<]+)/y

/**
 * Reads the small documents of S3 requests: elements and text.
 *
 * @throws `MalformedXML`
 */
export function parseXml(text: string, root: string): XmlElement {
  const top = new XmlElement('')
  const open: XmlElement[] = [top]
  MARKUP.lastIndex = 0
  while (MARKUP.lastIndex < text.length) {
    const match = MARKUP.exec(text)
    if (match === null) throw malformedXml()
    const [, closing, name, , empty, characters] = match
    const current = open.at(-1) ?? top
    if (characters !== undefined) current.text += unescapeText(characters)
    else if (closing === '/') {
      if (open.length < 2 || current.name !== localName(name)) throw malformedXml()
      open.pop()
    } else if (name !== undefined) {
      const element = new XmlElement(localName(name))
      current.children.push(element)
      if (empty !== '/') open.push(element)
    }
  }
  const [element] = top.children
  if (open.length !== 1 || top.children.length !== 1 || element?.name !== root) throw malformedXml()
  return element
}

function localName(name = ''): string {
  return name.slice(name.indexOf(':') + 1)
}

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(amp|lt|gt|quot|apos));/g, (_, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED.get(name) ?? ''
    const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    if (codePoint > 0x10ffff) throw malformedXml()
    return String.fromCodePoint(codePoint)
  })
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])
