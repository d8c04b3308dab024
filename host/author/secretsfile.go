package author

import (
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/dotenv"
)

// readSecretsFile reads a .env file, or a JSON object of strings.
func readSecretsFile(path string) (map[string]string, error) {
	data, err := command.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pairs, err := dotenv.Parse(path, data)
	return dotenv.Map(pairs), err
}
