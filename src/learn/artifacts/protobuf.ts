/** Reads the wire format of protobuf, as much of it as ONNX files use. Source: protobuf.dev, "Encoding". */

/** Field number → its values in the order in which they came: numbers, or bytes of texts, messages and packed lists. */
export type Message = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

/** @throws RangeError for bytes that are none. */
export function readMessage(bytes: Uint8Array): Message {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new RangeError('a number ends too early');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    let value: number | Uint8Array;
    if (wire === 0) value = varint();
    else if (wire === 1 || wire === 5) {
      const size = wire === 1 ? 8 : 4;
      if (at + size > bytes.length) throw new RangeError('a number ends too early');
      value = wire === 1 ? view.getFloat64(at, true) : view.getFloat32(at, true);
      at += size;
    } else if (wire === 2) {
      const size = varint();
      if (size < 0 || at + size > bytes.length) throw new RangeError('a field is longer than the file');
      value = bytes.subarray(at, at + size);
      at += size;
    } else throw new RangeError(`there is no wire type ${wire}`);
    const values = fields.get(field);
    if (values) values.push(value);
    else fields.set(field, [value]);
  }
  return fields;
}

export function numberOf(message: Message, field: number): number | undefined {
  const value = message.get(field)?.at(-1);
  return typeof value === 'number' ? value : undefined;
}

export function textOf(message: Message, field: number): string {
  return textsOf(message, field).at(-1) ?? '';
}

export function textsOf(message: Message, field: number): string[] {
  return bytesOf(message, field).map((value) => Buffer.from(value).toString());
}

export function bytesOf(message: Message, field: number): Uint8Array[] {
  return (message.get(field) ?? []).filter((value) => value instanceof Uint8Array);
}

export function messagesOf(message: Message, field: number): Message[] {
  return bytesOf(message, field).map(readMessage);
}

/** A list of numbers that may be packed. */
export function numbersOf(message: Message, field: number, packed: 'varint' | 'float' | 'double'): number[] {
  return (message.get(field) ?? []).flatMap((value) => {
    if (typeof value === 'number') return [value];
    if (packed === 'varint') return unpackVarints(value);
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const size = packed === 'float' ? 4 : 8;
    return Array.from({ length: Math.floor(value.byteLength / size) }, (_, index) =>
      packed === 'float' ? view.getFloat32(index * size, true) : view.getFloat64(index * size, true),
    );
  });
}

function unpackVarints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let [value, factor] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 127) * factor;
    factor *= 128;
    if (byte > 127) continue;
    values.push(value);
    [value, factor] = [0, 1];
  }
  return values;
}
