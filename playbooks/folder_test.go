package playbooks_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/playbooks"
)

const (
	ownPlaybook     = "name: own\nsteps:\n  - {id: look, title: Look}\n"
	changedPlaybook = "name: own\nsteps:\n  - {id: look, title: Look closely}\n"
	brokenPlaybook  = "name: own\nsteps:\n  - {id: look, title: Look, colour: red}\n"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

var loadTime = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func openFolder(t *testing.T, files fstest.MapFS, check func(playbooks.Library) error) *playbooks.Folder {
	t.Helper()
	folder, err := playbooks.NewFolder(files, check, func() time.Time { return loadTime })
	require.NoError(t, err)
	return folder
}

func TestAFolderFollowsItsFiles(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"own.yaml": file(ownPlaybook), "README.md": file("no playbook")}
	folder := openFolder(t, files, nil)
	require.Contains(t, folder.Current(), playbooks.Default)
	require.Equal(t, "Look", folder.Current()["own"].Steps[0].Title)
	require.Equal(t, []string{"own"}, folder.State().Own)
	require.True(t, folder.State().IsOwn("own"))
	require.False(t, folder.State().IsOwn(playbooks.Default))
	require.Equal(t, loadTime, folder.State().LoadedAt)

	require.False(t, folder.Refresh(), "nothing has changed")
	files["own.yaml"] = file(changedPlaybook)
	require.False(t, folder.Refresh(), "it may be half written")
	require.True(t, folder.Refresh())
	require.Equal(t, "Look closely", folder.Current()["own"].Steps[0].Title)
	require.False(t, folder.Refresh(), "once is enough")

	delete(files, "own.yaml")
	folder.Refresh()
	require.True(t, folder.Refresh())
	require.NotContains(t, folder.Current(), "own")
}

func TestWhatIsInvalidLeavesTheLibraryAsItWas(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"own.yaml": file(ownPlaybook)}
	folder := openFolder(t, files, nil)
	before := folder.Current()["own"]

	files["own.yaml"] = file(brokenPlaybook)
	folder.Refresh()
	require.True(t, folder.Refresh())
	require.Same(t, before, folder.Current()["own"])
	state := folder.State()
	require.ErrorContains(t, state.Err, "own.yaml:3")
	require.ErrorContains(t, state.Err, "colour")
	require.Equal(t, loadTime, state.RefusedAt)
	require.False(t, folder.Refresh(), "the same mistake is no news")

	files["own.yaml"] = file(ownPlaybook)
	folder.Refresh()
	require.True(t, folder.Refresh(), "back to what it was")
	require.NoError(t, folder.State().Err)
}

func TestALibraryMustFitAsAWhole(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"own.yaml": file(ownPlaybook)}
	needed := func(l playbooks.Library) error {
		if l["own"] == nil {
			return errors.New("muster.yaml names own")
		}
		return nil
	}
	folder := openFolder(t, files, needed)
	delete(files, "own.yaml")
	folder.Refresh()
	require.True(t, folder.Refresh())
	require.Contains(t, folder.Current(), "own")
	require.EqualError(t, folder.State().Err, "muster.yaml names own")

	_, err := playbooks.NewFolder(files, needed, time.Now)
	require.EqualError(t, err, "muster.yaml names own")
}

func TestAFolderThatBeginsWithAMistakeHasWhatIsSound(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"own.yaml": file(ownPlaybook), "wrong.yaml": file("name: wrong\ncolour: red\n"), "child.yaml": file("name: child\nextends: wrong\n")}
	folder, err := playbooks.NewFolder(files, nil, func() time.Time { return loadTime })
	require.Error(t, err)
	require.Contains(t, folder.Current(), "own")
	require.Contains(t, folder.Current(), playbooks.Default)
	require.NotContains(t, folder.Current(), "wrong")
	require.NotContains(t, folder.Current(), "child")
	require.Equal(t, loadTime, folder.State().RefusedAt)

	files["wrong.yaml"] = file("name: wrong\n")
	folder.Refresh()
	require.True(t, folder.Refresh())
	require.NoError(t, folder.State().Err)
	require.Contains(t, folder.Current(), "child")

	folder, err = playbooks.NewFolder(os.DirFS("nowhere"), nil, time.Now)
	require.Error(t, err)
	require.Contains(t, folder.Current(), playbooks.Default)
}

func TestWithoutAFolderThereAreTheBuiltInOnes(t *testing.T) {
	t.Parallel()
	folder, err := playbooks.NewFolder(nil, nil, time.Now)
	require.NoError(t, err)
	builtIn, err := playbooks.BuiltIn()
	require.NoError(t, err)
	require.Equal(t, builtIn.Names(), folder.Current().Names())
	require.Empty(t, folder.State().Own)
	require.False(t, folder.Refresh())
}

func TestAFolderThatIsExchangedBehindALinkIsFollowed(t *testing.T) {
	t.Parallel()
	// As Kubernetes lays out a config map: the files are links through ..data, which is a
	// link to the folder of one version and is exchanged by a renaming.
	dir := t.TempDir()
	write := func(version, text string) {
		require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, version, "own.yaml"), []byte(text), 0o644))
		require.NoError(t, os.Symlink(version, filepath.Join(dir, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	}
	write("..2026_1", ownPlaybook)
	require.NoError(t, os.Symlink("..data/own.yaml", filepath.Join(dir, "own.yaml")))
	folder, err := playbooks.NewFolder(os.DirFS(dir), nil, time.Now)
	require.NoError(t, err)
	write("..2026_2", changedPlaybook)
	folder.Refresh()
	require.True(t, folder.Refresh())
	require.Equal(t, "Look closely", folder.Current()["own"].Steps[0].Title)

	require.NoError(t, os.Remove(filepath.Join(dir, "..data")))
	folder.Refresh()
	require.True(t, folder.Refresh())
	require.Error(t, folder.State().Err, "a link that leads nowhere")
	require.Contains(t, folder.Current(), "own")
}

func TestAWatchTellsOfEachChangeOnce(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"own.yaml": file(ownPlaybook)}
	folder := openFolder(t, files, nil)
	files["own.yaml"] = file(brokenPlaybook)
	ctx, cancel := context.WithCancel(t.Context())
	ticks, ended := make(chan time.Time), make(chan struct{})
	var states []playbooks.FolderState
	go func() {
		defer close(ended)
		folder.Watch(ctx, ticks, func(s playbooks.FolderState) { states = append(states, s) })
	}()
	for range 5 {
		ticks <- loadTime
	}
	cancel()
	<-ended
	require.Len(t, states, 1)
	require.Error(t, states[0].Err)
}
