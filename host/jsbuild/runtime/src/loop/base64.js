// Standard base64 with padding, as the host's messages carry bytes.

const chunk = 0x8000; // String.fromCharCode takes no more arguments than the stack holds

export function base64(bytes) {
  let binary = "";
  for (let i = 0; i < bytes.length; i += chunk) binary += String.fromCharCode.apply(null, bytes.subarray(i, i + chunk));
  return btoa(binary);
}

export function bytesOf(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
