/** A good frame changed somewhere: a field taken away, doubled, or given any other value; or the text cut or altered. */
import fc from 'fast-check';

const ODD_VALUES = fc.oneof(
  fc.constantFrom<unknown>(null, '', '0', '-1', 'NaN', '0x10', '1e5', ' 1', '1,5', 'Infinity', true, [], {}),
  fc.string({ maxLength: 6 }),
  fc.integer(),
  fc.double(),
);

export function mutationsOf(frame: string): fc.Arbitrary<string> {
  const paths = pathsOf(JSON.parse(frame), []);
  const field = fc
    .tuple(fc.constantFrom(...paths), fc.option(ODD_VALUES, { nil: undefined }))
    .map(([path, value]) => JSON.stringify(changed(JSON.parse(frame), path, value)));
  const cut = fc.nat(frame.length).map((length) => frame.slice(0, length));
  const altered = fc
    .tuple(fc.nat(frame.length - 1), fc.string({ maxLength: 2 }))
    .map(([at, text]) => frame.slice(0, at) + text + frame.slice(at + 1));
  return fc.oneof({ weight: 3, arbitrary: field }, cut, altered);
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, child]) =>
    pathsOf(child, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return path.length === 0 ? inner : [path, ...inner];
}

/** @param value undefined takes the field away. */
function changed(root: unknown, path: Path, value: unknown): unknown {
  const parent = path.slice(0, -1).reduce((at, key) => (at as Record<string | number, unknown>)[key], root);
  const last = path.at(-1) ?? '';
  if (value === undefined) delete (parent as Record<string | number, unknown>)[last];
  else (parent as Record<string | number, unknown>)[last] = value;
  return root;
}
