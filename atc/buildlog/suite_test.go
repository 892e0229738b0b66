package buildlog

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestBuildLog(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Build Log Suite")
}
