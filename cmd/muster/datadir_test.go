package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADataDirectoryServesOneProcess(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	require.NoError(t, makeDataDir(dir))
	unlock, err := lockDataDir(dir)
	require.NoError(t, err)

	// The lock belongs to the open file, so that a second one of this process is kept out
	// just as another process is.
	_, err = lockDataDir(dir)
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "in use by another Muster process")
	require.ErrorContains(t, err, "--data-dir")

	require.NoError(t, unlock())
	again, err := lockDataDir(dir)
	require.NoError(t, err, "a file that is left behind locks nobody out")
	require.NoError(t, again())
}

func TestADataDirectoryThatCannotBeUsedIsNamed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	dir := filepath.Join(file, "below")

	require.ErrorContains(t, makeDataDir(dir), "--data-dir")
	_, err := lockDataDir(dir)
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "--data-dir")
}
