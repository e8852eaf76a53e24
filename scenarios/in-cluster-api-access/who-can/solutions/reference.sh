cat > "$KUBEDRILL_ANSWERS"/subjects.txt <<'END'
User/@{user}
ServiceAccount/@{namespace}/@{account}
Group/@{group}
ServiceAccount/@{other}/@{robot}
END
cat > "$KUBEDRILL_ANSWERS"/bindings.txt <<'END'
RoleBinding/@{cleaning}
RoleBinding/@{oncall}
ClusterRoleBinding/@{robots}
END
