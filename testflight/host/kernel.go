package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// SaveKernelSettings writes the values of these settings, named as below /proc/sys, to a
// file, unless that is there: it keeps them as they were first.
func SaveKernelSettings(file string, names []string) error {
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	values := map[string]string{}
	for _, name := range names {
		value, err := kernelSetting(name)
		if err != nil {
			return err
		}
		values[name] = value
	}
	return WriteJSON(file, values)
}

// RestoreKernelSettings sets the settings as they were saved to a file, if they were.
func RestoreKernelSettings(file string) error {
	saved, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	values := map[string]string{}
	if err := json.Unmarshal(saved, &values); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var failures []error
	for name, value := range values {
		if now, err := kernelSetting(name); err == nil && now == value {
			continue
		}
		failures = append(failures, os.WriteFile("/proc/sys/"+name, []byte(value), 0o644))
	}
	return errors.Join(failures...)
}

func kernelSetting(name string) (string, error) {
	value, err := os.ReadFile("/proc/sys/" + name)
	return strings.TrimSpace(string(value)), err
}
