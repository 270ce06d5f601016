/**
 * How long tests wait for what has to come, in milliseconds: long enough for a machine that has much
 * else to do. Nothing but a failure takes so long.
 */
export const PATIENCE = 30_000;
