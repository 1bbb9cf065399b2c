/**
 * Reads an ONNX model of others as a linear one: every operator has to be affine, and the graph is folded into one row of
 * coefficients. Nothing is executed, so that a file from a registry can do no harm. Anything else is refused by name.
 */
import { LakeError, messageOf } from '../../base/errors.ts';
import { readTensor, type Tensor } from './onnx-tensor.ts';
import {
  bytesOf,
  type Message,
  messagesOf,
  numberOf,
  numbersOf,
  readMessage,
  textOf,
  textsOf,
} from './protobuf.ts';

export interface LinearGraph {
  readonly coefficients: readonly number[];
  readonly intercept: number;
  /** Of the graph's inputs, where each feature is one. */
  readonly inputNames: readonly string[];
}

/** Columns that are sums of features: column → coefficient by feature, and a constant. */
interface Affine {
  readonly weights: readonly (readonly number[])[];
  readonly constants: readonly number[];
}

type Value = { readonly affine: Affine } | { readonly constant: Tensor };

/** @throws LakeError MODEL_UNSUPPORTED. @param features how many the model should have. */
export function readLinearOnnx(bytes: Uint8Array, features: number): LinearGraph {
  try {
    return foldGraph(bytes, features);
  } catch (error) {
    if (error instanceof LakeError) throw error;
    throw unsupported(messageOf(error));
  }
}

function foldGraph(bytes: Uint8Array, features: number): LinearGraph {
  const [graph] = messagesOf(readMessage(bytes), 7);
  if (graph === undefined) throw unsupported('it has no graph');
  const values = new Map<string, Value>();
  for (const tensor of messagesOf(graph, 5).map(readTensor)) values.set(tensor.name, { constant: tensor });
  const inputNames = messagesOf(graph, 11)
    .map((input) => textOf(input, 1))
    .filter((name) => !values.has(name));
  for (const [index, name] of inputNames.entries()) {
    values.set(name, {
      affine: inputNames.length === 1 ? identity(0, features, features) : identity(index, 1, features),
    });
  }
  if (inputNames.length !== 1 && inputNames.length !== features)
    throw unsupported(`it has ${inputNames.length} inputs for ${features} features`);
  for (const node of messagesOf(graph, 1)) {
    const operator = textOf(node, 4);
    const inputs = textsOf(node, 1).map((name) => values.get(name));
    const [output = ''] = textsOf(node, 2);
    values.set(
      output,
      apply(operator, inputs, new Map(messagesOf(node, 5).map((one) => [textOf(one, 1), one]))),
    );
  }
  const [output] = messagesOf(graph, 12).map((one) => textOf(one, 1));
  const result = affineOf(values.get(output ?? ''));
  const [coefficients] = result.weights;
  const [intercept] = result.constants;
  if (coefficients === undefined || intercept === undefined || result.weights.length !== 1)
    throw unsupported(`it predicts ${result.weights.length} values`);
  if (![...coefficients, intercept].every(Number.isFinite)) throw unsupported('a coefficient is no number');
  return { coefficients, intercept, inputNames };
}

type Attributes = ReadonlyMap<string, Message>;

function apply(operator: string, inputs: readonly (Value | undefined)[], attributes: Attributes): Value {
  const [first, second] = inputs;
  switch (operator) {
    case 'Constant': {
      const [tensor] = bytesOf(attributes.get('value') ?? new Map(), 5);
      if (tensor === undefined) throw unsupported('a constant has no tensor');
      return { constant: readTensor(readMessage(tensor)) };
    }
    case 'Identity':
    case 'Cast':
    case 'Flatten':
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
      if (first === undefined) throw unsupported(`${operator} has no input`);
      return first;
    case 'Concat':
      return { affine: concat(inputs.map(affineOf)) };
    case 'MatMul':
      return { affine: multiply(affineOf(first), constantOf(second), false) };
    case 'Gemm':
      return { affine: gemm(inputs, attributes) };
    case 'Add':
      return {
        affine: isConstant(first)
          ? shift(affineOf(second), constantOf(first), 1)
          : shift(affineOf(first), constantOf(second), 1),
      };
    case 'Sub':
      return { affine: shift(affineOf(first), constantOf(second), -1) };
    case 'Mul':
      return {
        affine: isConstant(first)
          ? scale(affineOf(second), constantOf(first).values)
          : scale(affineOf(first), constantOf(second).values),
      };
    case 'Div':
      return {
        affine: scale(
          affineOf(first),
          constantOf(second).values.map((value) => 1 / value),
        ),
      };
    case 'Scaler': {
      const offset = floats(attributes, 'offset');
      const moved = shift(affineOf(first), { name: '', shape: [], values: offset }, -1);
      return { affine: scale(moved, floats(attributes, 'scale')) };
    }
    case 'LinearRegressor': {
      if ((numberOf(attributes.get('targets') ?? new Map(), 3) ?? 1) !== 1)
        throw unsupported('it predicts several values');
      const transform = Buffer.from(
        bytesOf(attributes.get('post_transform') ?? new Map(), 4)[0] ?? '',
      ).toString();
      if (transform !== '' && transform !== 'NONE')
        throw unsupported(`it transforms its result by ${transform}`);
      const coefficients = floats(attributes, 'coefficients');
      const product = multiply(
        affineOf(first),
        { name: '', shape: [coefficients.length, 1], values: coefficients },
        false,
      );
      const intercepts = floats(attributes, 'intercepts');
      return {
        affine:
          intercepts.length === 0 ? product : shift(product, { name: '', shape: [], values: intercepts }, 1),
      };
    }
    default:
      throw unsupported(`its operator ${operator} is not linear`);
  }
}

function identity(from: number, columns: number, features: number): Affine {
  const weights = Array.from({ length: columns }, (_, column) =>
    Array.from({ length: features }, (__, feature) => (feature === from + column ? 1 : 0)),
  );
  return { weights, constants: weights.map(() => 0) };
}

function concat(parts: readonly Affine[]): Affine {
  return {
    weights: parts.flatMap(({ weights }) => weights),
    constants: parts.flatMap(({ constants }) => constants),
  };
}

function gemm([a, b, c]: readonly (Value | undefined)[], attributes: Attributes): Affine {
  const number = (name: string, field: number, fallback: number) =>
    numberOf(attributes.get(name) ?? new Map(), field) ?? fallback;
  if (number('transA', 3, 0) !== 0) throw unsupported('it transposes its inputs');
  const product = multiply(affineOf(a), constantOf(b), number('transB', 3, 0) !== 0);
  const alpha = scale(product, [number('alpha', 2, 1)]);
  return c === undefined ? alpha : shift(alpha, constantOf(c), number('beta', 2, 1));
}

function multiply(x: Affine, { shape, values }: Tensor, isTransposed: boolean): Affine {
  const rows = x.weights.length;
  const columns = values.length / rows;
  if (!Number.isInteger(columns) || shape.length > 2) throw unsupported('a matrix does not fit its inputs');
  const at = (row: number, column: number) =>
    values[isTransposed ? column * rows + row : row * columns + column] ?? 0;
  const features = x.weights[0]?.length ?? 0;
  const combined = <T>(make: (column: number) => T) =>
    Array.from({ length: columns }, (_, column) => make(column));
  const sum = (column: number, of: (row: number) => number) => {
    let total = 0;
    for (let row = 0; row < rows; row++) total += at(row, column) * of(row);
    return total;
  };
  return {
    weights: combined((column) =>
      Array.from({ length: features }, (_, feature) => sum(column, (row) => x.weights[row]?.[feature] ?? 0)),
    ),
    constants: combined((column) => sum(column, (row) => x.constants[row] ?? 0)),
  };
}

function shift(x: Affine, { values }: Tensor, factor: number): Affine {
  const at = broadcast(values, x.constants.length);
  return {
    weights: x.weights,
    constants: x.constants.map((constant, column) => constant + factor * at(column)),
  };
}

function scale(x: Affine, factors: readonly number[]): Affine {
  const at = broadcast(factors, x.constants.length);
  return {
    weights: x.weights.map((weights, column) => weights.map((weight) => weight * at(column))),
    constants: x.constants.map((constant, column) => constant * at(column)),
  };
}

function broadcast(values: readonly number[], columns: number): (column: number) => number {
  if (values.length !== 1 && values.length !== columns)
    throw unsupported('a constant does not fit its inputs');
  return (column) => values[values.length === 1 ? 0 : column] ?? 0;
}

function floats(attributes: Attributes, name: string): number[] {
  return numbersOf(attributes.get(name) ?? new Map(), 7, 'float');
}

function isConstant(value: Value | undefined): boolean {
  return value !== undefined && 'constant' in value;
}

function affineOf(value: Value | undefined): Affine {
  if (value !== undefined && 'affine' in value) return value.affine;
  throw unsupported('an input of an operator is a constant, or is missing');
}

function constantOf(value: Value | undefined): Tensor {
  if (value !== undefined && 'constant' in value) return value.constant;
  throw unsupported('features are multiplied with each other');
}

function unsupported(reason: string): LakeError {
  return new LakeError('MODEL_UNSUPPORTED', `the ONNX model is not linear: ${reason}`, {
    hint: 'only linear graphs are served: MatMul, Gemm, Add, Sub, Mul, Div, Scaler, LinearRegressor',
  });
}
