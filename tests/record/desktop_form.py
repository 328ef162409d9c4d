# pyright: reportMissingImports=false
"""A form as offices have them, in GTK 3: run by the system's Python, which has gi. Arguments: title, class, text."""

import sys
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

LONGEST_ENTRY = 65_535
"""Characters that GTK keeps in an entry."""


def labelled(box: Any, text: str, widget: Any, *, scrolled: bool = False) -> Any:
    row = Gtk.Box(spacing=6)
    label = Gtk.Label(label=text)
    label.set_mnemonic_widget(widget)
    row.add(label)
    around = Gtk.ScrolledWindow(min_content_height=60) if scrolled else widget
    if scrolled:
        around.add(widget)
    around.set_hexpand(True)
    row.add(around)
    box.add(row)
    return widget


def menu_bar() -> Any:
    bar, file, menu = Gtk.MenuBar(), Gtk.MenuItem(label="File"), Gtk.Menu()
    for label in ("Approve claim", "Quit"):
        item = Gtk.MenuItem(label=label)
        if label == "Quit":
            item.connect("activate", Gtk.main_quit)
        menu.append(item)
    file.set_submenu(menu)
    bar.append(file)
    return bar


def main(title: str, program: str, text: str) -> None:
    GLib.set_prgname(program)
    Gdk.set_program_class(program)
    window = Gtk.Window(title=title)
    window.set_default_size(420, 520)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
    window.add(box)
    box.add(menu_bar())
    if len(text) > LONGEST_ENTRY:
        view = labelled(box, "Customer", Gtk.TextView(accepts_tab=False, wrap_mode=Gtk.WrapMode.CHAR), scrolled=True)
        view.get_buffer().set_text(text)
    else:
        labelled(box, "Customer", Gtk.Entry()).set_text(text)
    labelled(box, "Amount", Gtk.Entry())
    labelled(box, "Password", Gtk.Entry(visibility=False))
    combo = labelled(box, "Product", Gtk.ComboBoxText())
    for name in ("Marine", "Motor", "Fire"):
        combo.append_text(name)
    box.add(Gtk.CheckButton(label="Urgent"))
    box.add(Gtk.Button(label="Submit claim"))
    store = Gtk.ListStore(str)
    for name in ("Hull", "Cargo", "Liability"):
        store.append([name])
    tree = Gtk.TreeView(model=store)
    tree.append_column(Gtk.TreeViewColumn("Cover", Gtk.CellRendererText(), text=0))
    box.add(tree)
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    Gtk.main()


main(sys.argv[1], sys.argv[2], sys.stdin.read())
