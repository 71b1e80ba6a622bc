import { expect, it } from 'vitest'
import { parseXml, toXml } from './xml.ts'

it('text is escaped, lists repeat their element, and what is undefined is left out', () => {
  const xml = toXml('Root', { Key: 'a&<b>"\u0001', Part: [{ N: 1 }, { N: 2 }], Gone: undefined, Yes: true, At: new Date(1_234) })
  expect(xml).toContain('<Key>a&amp;&lt;b&gt;&quot;&#x1;</Key><Part><N>1</N></Part><Part><N>2</N></Part><Yes>true</Yes>')
  expect(xml).toContain('<At>1970-01-01T00:00:01.000Z</At>')
  expect(xml).not.toContain('Gone')
})

it('the documents of requests are read, whatever their prefixes and layout', () => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<s3:Delete xmlns:s3="x"> <!-- none -->\n<s3:Object><Key>a&amp;b &#233;&#x1F511;</Key><Empty/></s3:Object><Object><Key>c</Key></Object></s3:Delete>\n',
    'Delete',
  )
  expect(root.all('Object').map((object) => object.textOf('Key'))).toEqual(['a&b é🔑', 'c'])
  expect(root.child('Object')?.textOf('Empty')).toBe('')
})

it('what is no document of the kind is refused', () => {
  for (const text of [
    '',
    'text',
    '<Delete>',
    '<Delete></Other>',
    '<Other></Other>',
    '<Delete></Delete><Delete></Delete>',
    '<Delete></Delete></Delete>',
    '<',
  ]) {
    expect(() => parseXml(text, 'Delete')).toThrow(expect.objectContaining({ name: 'MalformedXML' }))
  }
})
