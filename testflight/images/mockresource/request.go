package mockresource

import (
	"encoding/json"
	"fmt"
	"io"
)

// Source is the configuration of a mock resource.
type Source struct {
	// MirrorSelf makes a get fetch the resource's own root file system, as an
	// image.
	MirrorSelf bool `json:"mirror_self"`
	// InitialVersion is what a first check finds.
	InitialVersion string `json:"initial_version"`
	// NoInitialVersion makes a first check find nothing.
	NoInitialVersion bool `json:"no_initial_version"`
	// ForceVersion is what every check finds.
	ForceVersion string `json:"force_version"`
	// CreateFiles are the files that a get writes.
	CreateFiles Files `json:"create_files"`
	// CheckDelay is how long a check takes, in Go's notation.
	CheckDelay string `json:"check_delay"`
	// CheckFailure makes every check fail with this message.
	CheckFailure string `json:"check_failure"`
	// Metadata is what get and put return beside the version.
	Metadata []MetadataField `json:"metadata"`
	// Log is a text that every action prints.
	Log string `json:"log"`
}

// Version is a version of a mock resource.
type Version struct {
	Version string `json:"version"`
	// Privileged is "true" if the version comes from a privileged container.
	Privileged string `json:"privileged,omitempty"`
}

// MetadataField is one line of what Concourse shows beside a version.
type MetadataField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// GetParams configure one get.
type GetParams struct {
	MirrorSelf  bool  `json:"mirror_self_via_params"`
	CreateFiles Files `json:"create_files_via_params"`
}

// PutParams configure one put.
type PutParams struct {
	Version string `json:"version"`
	// File is where the version is read from, relative to the put's inputs.
	File string `json:"file"`
	// PrintEnv prints the environment of the put.
	PrintEnv bool `json:"print_env"`
}

type checkRequest struct {
	Source  Source   `json:"source"`
	Version *Version `json:"version"`
}

type getRequest struct {
	Source  Source    `json:"source"`
	Version Version   `json:"version"`
	Params  GetParams `json:"params"`
}

type putRequest struct {
	Source Source    `json:"source"`
	Params PutParams `json:"params"`
}

type response struct {
	Version  Version         `json:"version"`
	Metadata []MetadataField `json:"metadata,omitempty"`
}

// decode reads a request and refuses fields that nothing would obey.
func decode(from io.Reader, request any) error {
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()

	if err := decoder.Decode(request); err != nil {
		return fmt.Errorf("read the request on standard input: %w: check the fields of source, version and params", err)
	}

	return nil
}
