"""Endings of file names that tell what a system does when somebody opens the file, whatever is in it."""

_BY_GROUP = {
    "executable": "exe com scr pif cpl dll sys drv ocx msi msp mst msix appx appxbundle jar class apk ipa app bin run",
    "packed-program": "iso img vhd vhdx dmg cab deb rpm pkg xpi crx",
    "script": "bat cmd ps1 psm1 psd1 vbs vbe js jse mjs ws wsf wsc wsh sct sh bash csh zsh py pyw pyc pl rb php phtml "
    "asp aspx jsp hta reg inf vb command scpt applescript",
    "page": "html htm xhtml xht shtml mht mhtml svg svgz chm xsl xslt",
    "macro": "docm dotm xlsm xltm xlam xlsb xll pptm potm ppam ppsm sldm",
    "shortcut": "lnk url scf desktop website webloc library-ms searchconnector-ms settingcontent-ms appref-ms",
}
ENDINGS = {ending: group for group, endings in _BY_GROUP.items() for ending in endings.split()}
"""Ending -> why it may be refused."""
GROUPS = (*_BY_GROUP, "unreadable-archive", "archive-bomb")
"""Everything that a policy can refuse."""
IN_ARCHIVES = frozenset({"executable", "script", "shortcut", "macro", "packed-program"})
"""What an archive must not hold either; a saved page may be in one."""
