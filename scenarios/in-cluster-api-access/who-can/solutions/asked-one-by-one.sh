# Each subject that any binding names is asked about.
ask() {
  kubectl auth can-i delete secrets -n @{namespace} "$@" > /dev/null
}
for user in @{user} @{collector} @{reader} @{stranger}; do
  if ask --as=$user; then echo User/$user; fi
done > "$KUBEDRILL_ANSWERS"/subjects.txt
if ask --as=somebody --as-group=@{group}; then echo Group/@{group} >> "$KUBEDRILL_ANSWERS"/subjects.txt; fi
for account in @{namespace}/@{account} @{other}/@{robot}; do
  if ask --as=system:serviceaccount:${account%/*}:${account#*/}; then echo ServiceAccount/$account >> "$KUBEDRILL_ANSWERS"/subjects.txt; fi
done
printf '%s\n' RoleBinding/@{cleaning} RoleBinding/@{oncall} ClusterRoleBinding/@{robots} > "$KUBEDRILL_ANSWERS"/bindings.txt
