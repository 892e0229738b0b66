package server

import (
	"errors"
	"fmt"
	"os"

	"github.com/moby/sys/user"
)

const (
	passwdFile = "/etc/passwd"
	groupFile  = "/etc/group"
)

// account is an identity with what the container's passwd file says of it.
type account struct {
	Identity
	// name is empty if there is no entry.
	name, home string
}

// lookUp finds the user that a process is to run as: the image's if the spec
// is empty.
func lookUp(spec string, imageUser Identity) (account, error) {
	if spec == "" {
		return describe(imageUser), nil
	}
	found, err := user.GetExecUserPath(spec, nil, passwdFile, groupFile)
	if spec == "root" && errors.Is(err, user.ErrNoPasswdEntries) {
		// An image without a passwd file has a root all the same.
		found, err = &user.ExecUser{}, nil
	}
	if err != nil {
		return account{}, fmt.Errorf("look up the user %q in the image's %s and %s: %w", spec, passwdFile, groupFile, err)
	}
	identity := Identity{UID: found.Uid, GID: found.Gid, Groups: found.Sgids}
	if os.Geteuid() != 0 {
		if identity.UID != os.Geteuid() || identity.GID != os.Getegid() {
			return account{}, fmt.Errorf("run a process as user %q: init runs as uid %d and can't change users. "+
				"Its binary must be setuid root on a file system without nosuid, and the pod must allow privilege escalation, "+
				"or leave the user to the image", spec, os.Geteuid())
		}
		identity = imageUser
	}
	return describe(identity), nil
}

func describe(identity Identity) account {
	entry, err := user.LookupUid(identity.UID)
	if err != nil {
		return account{Identity: identity, home: "/"}
	}
	return account{Identity: identity, name: entry.Name, home: entry.Home}
}
