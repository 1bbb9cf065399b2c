/** The constants of an ONNX graph as plain numbers. Source: onnx.proto, TensorProto. */
import { bytesOf, type Message, numberOf, numbersOf, textOf } from './protobuf.ts';

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;
const DOUBLE = 11;

/** @throws RangeError for a type that no linear model needs. */
export function readTensor(message: Message): Tensor {
  return { name: textOf(message, 8), shape: numbersOf(message, 1, 'varint'), values: valuesOf(message) };
}

function valuesOf(message: Message): number[] {
  const type = numberOf(message, 2);
  const [raw] = bytesOf(message, 9);
  if (raw === undefined) {
    if (type === FLOAT) return numbersOf(message, 4, 'float');
    if (type === DOUBLE) return numbersOf(message, 10, 'double');
    if (type === INT64) return numbersOf(message, 7, 'varint');
    if (type === INT32) return numbersOf(message, 5, 'varint');
    throw new RangeError(`a constant has the type ${type}`);
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read = {
    [FLOAT]: { size: 4, at: (at: number) => view.getFloat32(at, true) },
    [DOUBLE]: { size: 8, at: (at: number) => view.getFloat64(at, true) },
    [INT32]: { size: 4, at: (at: number) => view.getInt32(at, true) },
    [INT64]: { size: 8, at: (at: number) => Number(view.getBigInt64(at, true)) },
  }[type ?? 0];
  if (read === undefined) throw new RangeError(`a constant has the type ${type}`);
  return Array.from({ length: Math.floor(raw.byteLength / read.size) }, (_, index) =>
    read.at(index * read.size),
  );
}
