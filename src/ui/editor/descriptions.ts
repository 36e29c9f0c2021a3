/** What the API says of its types, by struct and field; the struct's own text has an empty name. */
type Descriptions = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

let loading: Promise<Descriptions> | undefined;

/** A field's description; empty where there is none, or where the texts could not be fetched. */
export async function describe(definition: string, field: string): Promise<string> {
  loading ??= import('#kube/schema/descriptions.json', { with: { type: 'json' } }).then(
    ({ default: texts }) => texts as Descriptions,
  );
  try {
    return (await loading)[definition]?.[field] ?? '';
  } catch {
    // The next question asks for them again.
    loading = undefined;
    return '';
  }
}
