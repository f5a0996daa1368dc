/** The part of npm's net-snmp 3.29 that tests use as a peer; the library carries no types. */
declare module "net-snmp" {
  interface Varbind {
    readonly oid: string;
    readonly type: number;
    readonly value: number;
  }
  type Done = (error: Error | null, varbinds: readonly Varbind[]) => void;
  interface User {
    readonly name: string;
    readonly level: number;
    readonly authProtocol: string;
    readonly authKey: string;
    readonly privProtocol: string;
    readonly privKey: string;
  }
  const snmp: {
    createV3Session(
      target: string,
      user: User,
      options: { readonly port: number; readonly version: number },
    ): {
      get(oids: readonly string[], done: Done): void;
      set(varbinds: readonly Varbind[], done: Done): void;
      close(): void;
    };
    createAgent(
      options: { readonly port: number; readonly address: string; readonly engineID: string },
      callback: (error: Error | null) => void,
    ): {
      getAuthorizer(): { addUser(user: User): void };
      getMib(): {
        registerProvider(provider: object): void;
        setScalarValue(name: string, value: number): void;
        getScalarValue(name: string): number;
      };
      close(): void;
    };
    readonly Version3: number;
    readonly SecurityLevel: { readonly authPriv: number };
    readonly AuthProtocols: Readonly<Record<string, string>>;
    readonly PrivProtocols: Readonly<Record<string, string>>;
    readonly MibProviderType: { readonly Scalar: number };
    readonly ObjectType: { readonly Integer: number };
    readonly MaxAccess: Readonly<Record<string, number>>;
  };
  export default snmp;
}
