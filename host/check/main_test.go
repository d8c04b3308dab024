package check_test

import (
	"os"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }
