import { describe, expect, it } from 'vitest'
import { compileCel } from './compile.ts'
import { fromJson, type Value } from './value.ts'

function evaluate(source: string, self?: unknown): Value {
  return compileCel(source, ['self']).evaluate({ self: fromJson(self ?? null) })
}

describe('expressions', () => {
  const cases: readonly (readonly [string, unknown, Value])[] = [
    ['1 + 2 * 3 - 4 / 2 % 3', null, 5n],
    ['-7 / 2', null, -3n],
    ['-7 % 3', null, -1n],
    ['1.5 + 2.0', null, 3.5],
    ['1 == 1.0 && 1 == 1u', null, true],
    ['2u > 1 && 1.5 < 2', null, true],
    ['"a" + \'b\' + """c"""', null, 'abc'],
    ['r"\\d" == "\\\\d"', null, true],
    ['"\\u00e9\\x41\\101"', null, 'éAA'],
    ['"😀".size()', null, 1n],
    ['size({1: 2, "a": 3})', null, 2n],
    ['[1, 2] + [3] == [1, 2, 3]', null, true],
    ['{"a": 1}.a + {"a": 1}["a"]', null, 2n],
    ['1 in [1, 2] && "a" in {"a": 1} && !("b" in {"a": 1})', null, true],
    ['true ? 1 : 1 / 0', null, 1n],
    ['false && 1 / 0 == 0', null, false],
    ['1 / 0 == 0 && false', null, false],
    ['true || self.missing', {}, true],
    ['self.missing == 1 || true', {}, true],
    ['has(self.a) && !has(self.b)', { a: 0 }, true],
    ['has(self.a)', { a: null }, false],
    ['self.all(k, k.startsWith("a"))', { a: 1, ab: 2 }, true],
    ['self.exists(x, x > 2)', [1, 2, 3], true],
    ['self.exists_one(x, x == 2)', [1, 2, 2], false],
    ['self.map(x, x * 2) == [2, 4]', [1, 2], true],
    ['self.map(x, x > 1, x * 2) == [4]', [1, 2], true],
    ['self.filter(x, x > 1).size()', [1, 2, 3], 2n],
    ['self.all(x, 1 / x > 0 || x == 0)', [0, 1], true],
    ['self.exists(i, v, i == 1 && v == "b")', ['a', 'b'], true],
    ['self.transformMap(k, v, v + 1) == {"a": 2}', { a: 1 }, true],
    ['cel.bind(x, self.a, x + x)', { a: 2 }, 4n],
    ['duration("1h30m") > duration("89m") && duration("1.5s") == duration("1500ms")', null, true],
    ['string(duration("90s"))', null, '90s'],
    ['timestamp("2024-01-02T03:04:05Z").getFullYear()', null, 2024n],
    ['timestamp("2024-01-02T03:04:05Z") + duration("24h") == timestamp("2024-01-03T03:04:05Z")', null, true],
    ['timestamp("2024-01-02T03:04:05Z").getHours("+02:00")', null, 5n],
    ['int("-12") + int(3.9) + int(2u)', null, -7n],
    ['double("1.5") + double(2)', null, 3.5],
    ['string(1) + string(1.5) + string(true)', null, '11.5true'],
    ['"abc".substring(1, 2) + "a,b".split(",")[1] + ["x", "y"].join("-")', null, 'bbx-y'],
    ['"aXbX".replace("X", "y", 1) + "ABC".lowerAscii()', null, 'aybXabc'],
    ['"hello".indexOf("l") + "hello".lastIndexOf("l")', null, 5n],
    ['"a1b22".findAll("[0-9]+") == ["1", "22"]', null, true],
    ['"foobar".matches("o+b")', null, true],
    ['url("https://u@example.com:8080/p?q=1").getHost()', null, 'example.com:8080'],
    ['url("https://[::1]:80/").getHostname()', null, '::1'],
    ['isURL("/abs") && !isURL("relative")', null, true],
    ['isIP("::1") && !isIP("010.0.0.1") && ip("192.168.0.1").family() == 4', null, true],
    ['cidr("10.0.0.0/8").containsIP("10.2.3.4")', null, true],
    ['quantity("1Gi").isGreaterThan(quantity("1G"))', null, true],
    ['format.dns1123Label().validate("Abc").hasValue()', null, true],
    ['self.?a.orValue("none")', {}, 'none'],
    ['self.?a.?b.orValue("none")', { a: { b: 'x' } }, 'x'],
    ['optional.of(2).optMap(x, x + 1).value()', null, 3n],
    ['[1, 3, 2].max() + [1, 2].sum() + [3, 1].min()', null, 7n],
    ['[1, 2, 2].isSorted()', null, true],
    ['type(1) == int && type("a") == string', null, true],
    ['dyn([]) == []', null, true],
    ['self.a__dash__b', { 'a-b': 1 }, 1n],
    ['b"\\xff" < b"\\xff\\x00"', null, true],
    ['// a comment\n1 // another', null, 1n],
    ['!!true', null, true],
    ['--1', null, 1n],
    ['[?self.?a, ?self.?b].size()', { a: 1 }, 1n],
  ]
  for (const [source, self, expected] of cases) {
    it(source, () => {
      expect(evaluate(source, self)).toEqual(expected)
    })
  }
})

describe('errors', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['1 +', null, "Syntax error: mismatched input '<EOF>'"],
    ['foo', null, "undeclared reference to 'foo'"],
    ['foo(1)', null, "undeclared reference to 'foo'"],
    ['self.b', { a: 1 }, 'no such key: b'],
    ['self[3]', [1], 'index out of bounds: 3'],
    ['1 / 0', null, 'division by zero'],
    ['9223372036854775807 + 1', null, 'integer overflow'],
    ['1 + 1.0', null, 'no such overload: _+_(int, double)'],
    ['"a" < 1', null, 'no such overload: string and int cannot be compared'],
    ['duration("1d")', null, 'time: invalid duration "1d"'],
    ['url("relative")', null, 'URL parse error during conversion from string: "relative"'],
    ['"abc".substring(3, 2)', null, 'invalid substring range. start: 3, end: 2'],
    ['int("0x50")', null, 'strconv.ParseInt: parsing "0x50": invalid syntax'],
    [`${'('.repeat(1000)}1${')'.repeat(1000)}`, null, 'the expression is nested too deep'],
    [
      'lists.range(10000).all(a, lists.range(10000).all(b, lists.range(10000).all(c, true)))',
      null,
      'the expression takes too many steps',
    ],
  ]
  for (const [source, self, message] of cases) {
    it(source.length > 100 ? `${source.slice(0, 40)}...` : source, () => {
      expect(() => evaluate(source, self)).toThrow(message)
    })
  }
})

it('tells which variables an expression uses', () => {
  expect([...compileCel('self.all(x, x != oldSelf)', ['self', 'oldSelf']).uses]).toEqual(['self', 'oldSelf'])
  expect([...compileCel('self.all(oldSelf, oldSelf > 1)', ['self', 'oldSelf']).uses]).toEqual(['self'])
})
