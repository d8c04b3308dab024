// a client by a WSDL, a call
// 200 GET soap.example.com/users.wsdl <definitions name="U" targetNamespace="urn:u" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:tns="urn:u" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><message name="AddIn"><part name="email" type="xsd:string"/></message><message name="AddOut"><part name="id" type="xsd:string"/></message><portType name="P"><operation name="Add"><input message="tns:AddIn"/><output message="tns:AddOut"/></operation></portType><binding name="B" type="tns:P"><soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/><operation name="Add"><soap:operation soapAction="urn:u#Add"/><input><soap:body use="literal" namespace="urn:u"/></input><output><soap:body use="literal" namespace="urn:u"/></output></operation></binding><service name="S"><port name="P" binding="tns:B"><soap:address location="http://soap.example.com/users"/></port></service></definitions>
// 200 POST soap.example.com/users <soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><u:AddResponse xmlns:u="urn:u"><id>7</id></u:AddResponse></soap:Body></soap:Envelope>
import soap from "soap";

const client = await soap.createClientAsync("http://soap.example.com/users.wsdl");
console.log((await client.AddAsync({ email: event.user.email }))[0]);
