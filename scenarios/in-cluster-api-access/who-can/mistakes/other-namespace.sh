cat > "$KUBEDRILL_ANSWERS"/subjects.txt <<'END'
User/jane
ServiceAccount/@{namespace}/sweeper
Group/night-shift
ServiceAccount/@{other}/robot
User/dmitri
END
cat > "$KUBEDRILL_ANSWERS"/bindings.txt <<'END'
RoleBinding/cleaning
RoleBinding/on-call
ClusterRoleBinding/team-robots
END
