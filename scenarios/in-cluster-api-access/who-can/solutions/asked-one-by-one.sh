# Each subject that any binding names is asked about.
ask() {
  kubectl auth can-i delete secrets -n @{namespace} "$@" > /dev/null
}
for user in jane boris carla dmitri; do
  if ask --as=$user; then echo User/$user; fi
done > "$KUBEDRILL_ANSWERS"/subjects.txt
if ask --as=somebody --as-group=night-shift; then echo Group/night-shift >> "$KUBEDRILL_ANSWERS"/subjects.txt; fi
for account in @{namespace}/sweeper @{other}/robot; do
  if ask --as=system:serviceaccount:${account%/*}:${account#*/}; then echo ServiceAccount/$account >> "$KUBEDRILL_ANSWERS"/subjects.txt; fi
done
printf '%s\n' RoleBinding/cleaning RoleBinding/on-call ClusterRoleBinding/team-robots > "$KUBEDRILL_ANSWERS"/bindings.txt
