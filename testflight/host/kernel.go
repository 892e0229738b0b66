package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// kernelSettings are what the kubelet and the CNI plugins change of the kernel.
var kernelSettings = []string{
	"kernel/keys/root_maxbytes",
	"kernel/keys/root_maxkeys",
	"kernel/panic",
	"kernel/panic_on_oops",
	"net/ipv4/ip_forward",
	"vm/overcommit_memory",
	"vm/panic_on_oom",
}

func (c *Cluster) kernelSettingsFile() string { return c.path("kernel-settings.json") }

// saveKernelSettings keeps them as they were before the cluster first started.
func (c *Cluster) saveKernelSettings(context.Context) error {
	if _, err := os.Stat(c.kernelSettingsFile()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	values := map[string]string{}
	for _, name := range kernelSettings {
		value, err := os.ReadFile("/proc/sys/" + name)
		if err != nil {
			return err
		}
		values[name] = strings.TrimSpace(string(value))
	}
	return writeJSON(c.kernelSettingsFile(), values)
}

// restoreKernelSettings sets them as they were.
func (c *Cluster) restoreKernelSettings(context.Context) error {
	saved, err := os.ReadFile(c.kernelSettingsFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	values := map[string]string{}
	if err := json.Unmarshal(saved, &values); err != nil {
		return fmt.Errorf("%s: %w", c.kernelSettingsFile(), err)
	}
	var failures []error
	for name, value := range values {
		if now, err := os.ReadFile("/proc/sys/" + name); err == nil && strings.TrimSpace(string(now)) == value {
			continue
		}
		failures = append(failures, os.WriteFile("/proc/sys/"+name, []byte(value), 0o644))
	}
	return errors.Join(failures...)
}
