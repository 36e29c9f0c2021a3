import type { AnyObject } from '#cli/kubectl/objects/object-info.ts';

/** Turns objects into text; one instance prints all of a command's, so that it can put separators and headers between. */
export interface ObjectPrinter {
  print(object: AnyObject, order?: PrintOrder): string;
}

export interface PrintOrder {
  /** Members come as they are in the object; else in the order of the alphabet. */
  keepOrder?: boolean;
}
