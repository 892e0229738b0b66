package cpuweight_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestCPUWeight(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "CPU Weight Suite")
}
