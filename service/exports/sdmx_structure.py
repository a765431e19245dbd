"""The structure message of `sdmx_csv`: SDMX-ML 3.0 with everything that its data refers to.

Out: XML with two dataflows and their data structures, a concept scheme and the code lists.  It depends on nothing that
was read, so that one message describes all data of one version of the program.  Of standard lists (CL_FREQ,
CL_OBS_STATUS, CL_UNIT_MULT) it has the codes that are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from service.exports.sdmx_components import (
    AGENCY,
    CODE_LISTS,
    COMPONENTS,
    DATED,
    UNDATED,
    VERSION,
    CodeList,
    Component,
    Role,
)

MEDIA_TYPE = "application/vnd.sdmx.structure+xml; version=3.0.0"
MESSAGE = "BAOSHU_STRUCTURE"
CONCEPTS = "CS_FIGURES"
STRUCTURES = {DATED: "DSD_FIGURES", UNDATED: "DSD_UNDATED_FIGURES"}
NAMES = {DATED: "报告中的观测", UNDATED: "报告中时期不明的观测"}

_SCHEMAS = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/"
_PREFIXES = {"mes": "message", "str": "structure", "com": "common"}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_URN = "urn:sdmx:org.sdmx.infomodel"


def structure(prepared: datetime | None = None) -> bytes:
    """The message, prepared at that instant (now)."""
    for prefix, name in _PREFIXES.items():
        register_namespace(prefix, _SCHEMAS + name)
    message = Element(_tag("mes:Structure"))
    header = SubElement(message, _tag("mes:Header"))
    at = (prepared or datetime.now(UTC)).astimezone(UTC)
    _text(header, "mes:ID", MESSAGE)
    _text(header, "mes:Test", "false")
    _text(header, "mes:Prepared", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    SubElement(header, _tag("mes:Sender"), id=AGENCY)
    structures = SubElement(message, _tag("mes:Structures"))
    flows = SubElement(structures, _tag("str:Dataflows"))
    for flow, definition in STRUCTURES.items():
        dataflow = _named(flows, "str:Dataflow", flow, NAMES[flow])
        _text(dataflow, "str:Structure", f"{_URN}.datastructure.DataStructure={AGENCY}:{definition}({VERSION})")
    lists = SubElement(structures, _tag("str:Codelists"))
    for codes in CODE_LISTS:
        _code_list(lists, codes())
    schemes = SubElement(structures, _tag("str:ConceptSchemes"))
    scheme = _named(schemes, "str:ConceptScheme", CONCEPTS, "观测的各项")
    for component in COMPONENTS:
        _name(SubElement(scheme, _tag("str:Concept"), id=component.id), component.name)
    definitions = SubElement(structures, _tag("str:DataStructures"))
    for flow, definition in STRUCTURES.items():
        own = [component for component in COMPONENTS if flow == DATED or not component.dated]
        _definition(_named(definitions, "str:DataStructure", definition, NAMES[flow]), own)
    indent(message)
    written: bytes = tostring(message, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_SCHEMAS}{_PREFIXES[prefix]}}}{local}"


def _text(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, _tag(tag)).text = text


def _name(parent: Element, name: str) -> None:
    SubElement(parent, _tag("com:Name"), {_XML_LANG: "zh"}).text = name


def _named(parent: Element, tag: str, id_: str, name: str) -> Element:
    """Something that our agency maintains."""
    made = SubElement(parent, _tag(tag), id=id_, agencyID=AGENCY, version=VERSION, isExternalReference="false")
    _name(made, name)
    return made


def _code_list(parent: Element, codes: CodeList) -> None:
    kept_by = {"id": codes.id, "agencyID": codes.agency, "version": codes.version, "isExternalReference": "false"}
    made = SubElement(parent, _tag("str:Codelist"), kept_by, isPartial="true" if codes.partial else "false")
    _name(made, codes.name)
    for code, name in codes.codes.items():
        _name(SubElement(made, _tag("str:Code"), id=code), name)


def _definition(parent: Element, components: Sequence[Component]) -> None:
    made = SubElement(parent, _tag("str:DataStructureComponents"))
    dimensions = SubElement(made, _tag("str:DimensionList"))
    attributes = SubElement(made, _tag("str:AttributeList"))
    measures = SubElement(made, _tag("str:MeasureList"))
    key = [component for component in components if component.role is Role.DIMENSION]
    for position, component in enumerate(key, 1):
        _component(dimensions, component, position=str(position))
    for component in components:
        usage = "mandatory" if component.required else "optional"
        match component.role:
            case Role.TIME:
                _component(dimensions, component)
            case Role.MEASURE:
                _component(measures, component, usage=usage)
            case Role.ATTRIBUTE:
                attribute = _component(attributes, component, usage=usage)
                related = SubElement(attribute, _tag("str:AttributeRelationship"))
                SubElement(related, _tag("str:Observation"))
            case Role.DIMENSION:
                pass


def _component(parent: Element, component: Component, **given: str) -> Element:
    made = SubElement(parent, _tag(f"str:{component.role.value}"), {"id": component.id, **given})
    concept = f"{_URN}.conceptscheme.Concept={AGENCY}:{CONCEPTS}({VERSION}).{component.id}"
    _text(made, "str:ConceptIdentity", concept)
    represented = SubElement(made, _tag("str:LocalRepresentation"))
    if component.codes is None:
        SubElement(represented, _tag("str:TextFormat"), textType=component.text)
    else:
        codes = component.codes()
        urn = f"{_URN}.codelist.Codelist={codes.agency}:{codes.id}({codes.version})"
        _text(represented, "str:Enumeration", urn)
    return made
