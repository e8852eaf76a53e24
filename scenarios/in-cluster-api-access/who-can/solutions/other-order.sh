cat > "$KUBEDRILL_ANSWERS"/bindings.txt <<'END'
ClusterRoleBinding/@{robots}
RoleBinding/@{oncall}
RoleBinding/@{cleaning}
END
cat > "$KUBEDRILL_ANSWERS"/subjects.txt <<'END'
Group/@{group}
ServiceAccount/@{namespace}/@{account}
ServiceAccount/@{other}/@{robot}
User/@{user}
END
