// Owns the one place where socket.io is named: its client in the shape that link wants. Called by main.

import { io } from "socket.io-client";
import type { SocketLike } from "./link";
import { NAMESPACE, type Ack } from "./protocol.gen";

/** What may be lost on the way, and wants no answer. */
export interface Talker extends SocketLike {
  say(event: string, value: unknown): void;
}

/** A socket to the server this page came from, not yet connected. */
export function twinSocket(): Talker {
  const socket = io(NAMESPACE, {
    autoConnect: false, // link must be listening before anything can arrive
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
  });
  return {
    get connected() {
      return socket.connected;
    },
    get active() {
      return socket.active;
    },
    on: (event, listener) => socket.on(event, listener as (...args: unknown[]) => void),
    emitWithin: (ms, event, value, answered) =>
      socket.timeout(ms).emit(event, value, (error: Error | null, answer?: Ack) => answered(error !== null, answer ?? null)),
    say: (event, value) => void socket.volatile.emit(event, value),
    connect: () => socket.connect(),
    disconnect: () => socket.disconnect(),
  };
}
