#!/bin/bash
# Starts Helm as the last render of this application started it, while Node is still coming up: for that Node needs as
# long as Helm does for a small chart. The plugin reads what this Helm prints if it would start the very same command
# now, and ends it if not. The reasons are in docs/adr/0008-head-start.md.
#
# Usage: bash generate.sh /app/cmp.cjs

plugin=$1
stopped=
node=
own=${TMPDIR:-/tmp}/stageline-code-$UID
starts=$own/starts
note=$starts/$ARGOCD_APP_NAME@${ARGOCD_APP_SOURCE_PATH//\//+}

# One head start at a time: how many renders run at once is the plugin's to bound.
take_turn() {
  local holder
  set -o noclobber
  echo $$ > "$starts/turn" && return
  # Its holder may be gone, perhaps before it could say its name.
  read -r holder < "$starts/turn"
  [[ -n $holder && -d /proc/$holder ]] && return 1
  echo $$ >| "$starts/turn"
} 2> /dev/null

# What the plugin reads: the number of this process, by which it can end it; Helm's output; Helm's exit code.
run_noted() {
  trap 'kill -KILL $!; wait $!; exit' TERM INT HUP
  echo "$BASHPID"
  env -i "${command[@]}" < /dev/null 2> /dev/null &
  wait $!
  printf '\0%d' $?
}

# Before it is up, Node is deaf to some signals: it gets the one that it always hears.
hand_on() {
  [[ -n $stopped && -n $node ]] && kill -TERM "$node" 2> /dev/null
}

if [[ -d /proc/$$ && -f $note && -O $own && ! -L $own && -O $starts && ! -L $starts ]] &&
  mapfile -d '' -t command < "$note" && take_turn; then
  trap 'stopped=1; hand_on' TERM INT HUP
  exec 3< <(run_noted 2> /dev/null)
  head_start=$!
  IFS=$'\037'
  STAGELINE_HEAD_START="${command[*]}" STAGELINE_GROUP=$$ node "$plugin" generate <&3 3<&- &
  node=$!
  exec 3<&-
  # For a signal that came before.
  hand_on
  while
    stopped=
    wait "$node" 2> /dev/null
    status=$?
    [[ -n $stopped ]]
  do :; done
  # A plugin that could say something has read or ended the head start; one that was killed or never ran has not.
  if ((status > 125)); then
    kill "$head_start"
    wait "$head_start"
  fi 2> /dev/null
  ((status == 126)) || exit $status
fi
exec node "$plugin" generate
