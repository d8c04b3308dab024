// getSignedUrl
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

const s3 = new S3Client({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
const url = new URL(await getSignedUrl(s3, new GetObjectCommand({ Bucket: "users", Key: "a b.json" }), { expiresIn: 60, signingDate: new Date("2026-01-01T00:00:00Z") }));
console.log(url.host, url.pathname, url.searchParams.get("X-Amz-Signature"), url.searchParams.get("X-Amz-Expires"));
