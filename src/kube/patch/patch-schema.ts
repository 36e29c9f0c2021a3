/** How a field is patched: `patchStrategy` and `patchMergeKey` of upstream's types. */
export interface PatchField {
  /** Lists: whether they are merged or, as is usual, replaced. */
  merge: boolean;
  /** Of maps and of a list's maps: they are replaced as a whole. */
  replace: boolean;
  /** Of maps and of a list's maps: a patch names the fields that stay, so that a union's other members go. */
  retainKeys: boolean;
  /** Of lists of objects that are merged: the field that tells which is which. */
  mergeKey: string | undefined;
  /** Of the field's object, or of the objects in its list or map; `undefined` where it holds none. */
  schema: PatchSchema | undefined;
}

/** What strategic merge patch knows of a type. */
export interface PatchSchema {
  name: string;
  field: (name: string) => PatchField | undefined;
}
