cat > "$KUBEDRILL_ANSWERS"/subjects.txt <<'END'
User/jane
ServiceAccount/@{namespace}/sweeper
Group/night-shift
ServiceAccount/@{other}/robot
END
cat > "$KUBEDRILL_ANSWERS"/bindings.txt <<'END'
RoleBinding/cleaning
RoleBinding/on-call
ClusterRoleBinding/team-robots
END
kubectl delete rolebinding cleaning on-call -n @{namespace}
