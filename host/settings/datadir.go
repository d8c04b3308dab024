package settings

// The files in the data directory that the first start makes: the API key of
// the command line, and the key that encrypts the secrets.
const (
	AdminKeyFile   = "admin.key"
	SecretsKeyFile = "secrets.key"
)

// MadeByHost are the files that show that a host has used a data directory.
var MadeByHost = []string{SecretsKeyFile, AdminKeyFile}

// OracleDir is the folder of tapes that two engines played differently, in the data
// directory.
const OracleDir = "oracle"

// TLSDir is the folder of the development certificate in the data directory.
const TLSDir = "tls"
