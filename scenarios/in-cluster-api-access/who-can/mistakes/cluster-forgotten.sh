cat > "$KUBEDRILL_ANSWERS"/subjects.txt <<'END'
User/@{user}
ServiceAccount/@{namespace}/@{account}
Group/@{group}
END
cat > "$KUBEDRILL_ANSWERS"/bindings.txt <<'END'
RoleBinding/@{cleaning}
RoleBinding/@{oncall}
END
