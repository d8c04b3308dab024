// GetParametersByPathCommand by its paginator
// 200 POST ssm.eu-central-1.amazonaws.com ~NextToken {"Parameters":[{"Name":"/a/c","Value":"2"}]}
// 200 POST ssm.eu-central-1.amazonaws.com {"Parameters":[{"Name":"/a/b","Value":"1"}],"NextToken":"t"}
import { SSMClient, paginateGetParametersByPath } from "@aws-sdk/client-ssm";

const client = new SSMClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
for await (const page of paginateGetParametersByPath({ client }, { Path: "/a" })) console.log(page.Parameters.map((p) => p.Name + "=" + p.Value));
