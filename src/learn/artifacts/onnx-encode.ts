/**
 * A linear model as an ONNX file: `prediction = features · coefficients + intercept` in doubles. By hand, since it is a
 * page of protobuf and the library for it runs no script at install only in Python.
 * Source: onnx.proto of IR version 8; opset 13.
 */
const IR_VERSION = 8;
const OPSET = 13;
const DOUBLE = 11;

export function encodeLinearOnnx(coefficients: readonly number[], intercept: number): Uint8Array {
  const graph = join(
    bytes(1, node('MatMul', ['features', 'coefficients'], 'product')),
    bytes(1, node('Add', ['product', 'intercept'], 'prediction')),
    bytes(2, text('linear')),
    bytes(5, tensor('coefficients', [coefficients.length, 1], coefficients)),
    bytes(5, tensor('intercept', [1], [intercept])),
    bytes(11, valueInfo('features', coefficients.length)),
    bytes(12, valueInfo('prediction', 1)),
  );
  const opset = join(bytes(1, text('')), integer(2, OPSET));
  return join(integer(1, IR_VERSION), bytes(2, text('crypto-lake')), bytes(7, graph), bytes(8, opset));
}

function node(operator: string, inputs: readonly string[], output: string): Uint8Array {
  return join(
    ...inputs.map((input) => bytes(1, text(input))),
    bytes(2, text(output)),
    bytes(4, text(operator)),
  );
}

function tensor(name: string, dimensions: readonly number[], values: readonly number[]): Uint8Array {
  const raw = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) raw.writeDoubleLE(value, index * 8);
  return join(
    ...dimensions.map((size) => integer(1, size)),
    integer(2, DOUBLE),
    bytes(8, text(name)),
    bytes(9, raw),
  );
}

/** A matrix of so many columns, with any number of rows. */
function valueInfo(name: string, columns: number): Uint8Array {
  const dimensions = [bytes(1, bytes(2, text('rows'))), bytes(1, integer(1, columns))];
  const tensorType = join(integer(1, DOUBLE), bytes(2, join(...dimensions)));
  return join(bytes(1, text(name)), bytes(2, bytes(1, tensorType)));
}

function integer(field: number, value: number): Uint8Array {
  return join(varint(field << 3), varint(value));
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return join(varint((field << 3) | 2), varint(value.length), value);
}

function varint(value: number): Uint8Array {
  const parts: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) parts.push((rest % 128) | 128);
  return Uint8Array.from([...parts, rest]);
}

function text(value: string): Uint8Array {
  return Buffer.from(value);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
