// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir takes dir for this process. etcd would wait for its database file without a word.
func lockDir(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of the etcd data directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("etcd data directory %s is in use by another process: stop it, or name another directory: %w", dir, err), lock.Close())
	}
	// What is in it is of whoever had the lock before.
	if err := lock.Truncate(0); err != nil {
		return nil, errors.Join(fmt.Errorf("emptying the lock of the etcd data directory: %w", err), lock.Close())
	}
	return lock, nil
}

// tellEndpoint leaves word in the lock of where etcd listens, for EndpointOf.
func (e *Embedded) tellEndpoint() error {
	_, err := e.lock.WriteAt([]byte(e.Endpoint), 0)
	return err
}

// EndpointOf returns where the embedded etcd that another process runs on dir listens: "" if none does. Only the user that
// runs it gets in there.
func EndpointOf(dir string) (string, error) {
	lock, err := os.Open(filepath.Join(dir, "lock"))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("opening the lock of the etcd data directory: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err == nil {
		return "", nil
	}
	endpoint, err := io.ReadAll(lock)
	if err != nil {
		return "", fmt.Errorf("reading the lock of the etcd data directory: %w", err)
	}
	if len(endpoint) == 0 {
		return "", fmt.Errorf("another process has etcd data directory %s, and no etcd that serves: it is starting or ending, try again", dir)
	}
	return string(endpoint), nil
}
