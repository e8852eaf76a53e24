cat > "$KUBEDRILL_ANSWERS"/subjects.txt <<'END'
User/jane
ServiceAccount/@{namespace}/sweeper
ServiceAccount/@{other}/robot
END
cat > "$KUBEDRILL_ANSWERS"/bindings.txt <<'END'
RoleBinding/cleaning
ClusterRoleBinding/team-robots
END
