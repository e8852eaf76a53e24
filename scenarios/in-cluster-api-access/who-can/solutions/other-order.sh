cat > "$KUBEDRILL_ANSWERS"/bindings.txt <<'END'
ClusterRoleBinding/team-robots
RoleBinding/on-call
RoleBinding/cleaning
END
cat > "$KUBEDRILL_ANSWERS"/subjects.txt <<'END'
Group/night-shift
ServiceAccount/@{namespace}/sweeper
ServiceAccount/@{other}/robot
User/jane
END
