// renga/npz: NumPy's files of several arrays. Needs fflate beside it: npm install fflate.

export {
  type DecodeNpzOptions,
  type EncodeNpzOptions,
  decodeNpz,
  encodeNpz,
  readNpz,
} from "./npz.ts";
