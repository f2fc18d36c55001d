class Refusal extends Error {
  constructor() {
    super('it is not allowed');
    this.name = 'NotAllowed';
  }
}

const THROWN: Readonly<Record<string, unknown>> = {
  error: new Refusal(),
  text: 'a text',
  nothing: undefined,
  null: null,
  hostile: {
    toString() {
      throw new Error('not even this');
    },
  },
};

/** Throws what it is told to. */
export async function handler(what: string) {
  throw THROWN[what];
}
