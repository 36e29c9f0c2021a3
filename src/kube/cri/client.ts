import { type Client, type Transport, createClient } from '@connectrpc/connect';
import { ImageService, RuntimeService } from './api_pb.ts';

/** Both services, as kubelet and crictl call them. */
export interface CriClients {
  runtime: Client<typeof RuntimeService>;
  image: Client<typeof ImageService>;
}

export function criClients(transport: Transport): CriClients {
  return {
    runtime: createClient(RuntimeService, transport),
    image: createClient(ImageService, transport),
  };
}
