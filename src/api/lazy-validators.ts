/**
 * Schemas of requests are compiled when the first request comes that they are for: all of them at once take as long as the
 * rest of the start.
 */
import AjvCompiler from '@fastify/ajv-compiler';
import type { FastifyServerOptions } from 'fastify';

type Options = NonNullable<FastifyServerOptions['schemaController']>;
type BuildValidator = NonNullable<NonNullable<Options['compilersFactory']>['buildValidator']>;
type Compile = ReturnType<BuildValidator>;

interface Validate {
  (data: unknown): unknown;
  errors?: unknown;
}

const build = AjvCompiler();

export const lazyValidators: BuildValidator = (schemas, options) => {
  let compile: Compile | undefined;
  const lazy = (route: Parameters<Compile>[0]): Validate => {
    let compiled: Validate | undefined;
    const validate: Validate = (data) => {
      compile ??= build(schemas, options ?? {}) as Compile;
      compiled ??= compile(route) as Validate;
      const isValid = compiled(data);
      validate.errors = compiled.errors;
      return isValid;
    };
    return validate;
  };
  return lazy as Compile;
};
